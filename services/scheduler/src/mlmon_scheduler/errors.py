"""Errors inside the scheduler; those that callers see are in `mlmon_shared.errors`.

```
InputRefusedError        an attempt cannot be given an input that its definition names
SecretUnavailableError   an attempt cannot be given a secret that its definition names
```
"""


class InputRefusedError(Exception):
    """An attempt cannot be given an input, and trying again would not help; says which and why."""


class SecretUnavailableError(Exception):
    """An attempt cannot be given a secret; the message says which and why."""
