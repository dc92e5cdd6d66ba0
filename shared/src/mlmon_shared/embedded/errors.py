"""What can go wrong with an embedded server.

```
MlmonError
└── EmbeddedServerError  500 embedded-server-error
```
"""

from mlmon_shared.errors import MlmonError


class EmbeddedServerError(MlmonError):
    """An embedded server could not be found, prepared, started or reached."""

    code = "embedded-server-error"
    title = "Embedded server error"
