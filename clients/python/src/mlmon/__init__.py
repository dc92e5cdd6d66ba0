"""MLMon for Python: the client and the command line.

```python
import mlmon

with mlmon.Client() as client:
    run = client.submit("delay-train", client="AA", params={"last_month": 9})
    print(client.wait(run).state)
```
"""

from mlmon.async_clients import AsyncClient
from mlmon.sync_clients import Client
from mlmon.webhooks import verify_webhook

__all__ = ["AsyncClient", "Client", "verify_webhook"]
