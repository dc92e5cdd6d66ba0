"""Errors inside the scheduler; those that callers see are in `mlmon_shared.errors`.

```
SecretUnavailableError   an attempt cannot be given a secret that its definition names
```
"""


class SecretUnavailableError(Exception):
    """An attempt cannot be given a secret; the message says which and why."""
