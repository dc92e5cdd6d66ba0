"""MLMon for Python: the client and the command line.

```python
import mlmon

with mlmon.Client() as client:
    run = client.submit("delay-train", client="AA", params={"last_month": 9})
    print(run.wait().state)
```
"""

from mlmon.async_artifacts import AsyncArtifact
from mlmon.async_clients import AsyncClient
from mlmon.async_runs import AsyncBatch, AsyncRun
from mlmon.attempts import Attempt, current_attempt, report
from mlmon.comparisons import Comparison
from mlmon.records import Records
from mlmon.sync_artifacts import Artifact
from mlmon.sync_clients import Client
from mlmon.sync_runs import Batch, Run
from mlmon.webhooks import verify_webhook

__all__ = [
    "Artifact",
    "AsyncArtifact",
    "AsyncBatch",
    "AsyncClient",
    "AsyncRun",
    "Attempt",
    "Batch",
    "Client",
    "Comparison",
    "Records",
    "Run",
    "current_attempt",
    "report",
    "verify_webhook",
]
