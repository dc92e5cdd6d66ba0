"""Every error that the client raises.

They are those of `mlmon_shared.errors`, whose docstring has the tree, and three of our own:

```
MlmonError
├── …
├── WaitTimeoutError         wait-timeout (also a TimeoutError)
├── WebhookVerificationError webhook-verification
└── CorruptDownloadError     corrupt-download
```
"""

from mlmon_shared.errors import (
    ConfigurationError,
    ConflictError,
    ForbiddenError,
    GoneError,
    IdempotencyConflictError,
    InvalidRequestError,
    MethodNotAllowedError,
    MlmonError,
    NotAcceptedError,
    NotFoundError,
    PayloadTooLargeError,
    ServerUnreachableError,
    ServiceUnavailableError,
    StaleFenceError,
    StoreUnavailableError,
    TooManyRequestsError,
    UnauthenticatedError,
    UnsupportedMediaTypeError,
)

__all__ = [
    "ConfigurationError",
    "ConflictError",
    "CorruptDownloadError",
    "ForbiddenError",
    "GoneError",
    "IdempotencyConflictError",
    "InvalidRequestError",
    "MethodNotAllowedError",
    "MlmonError",
    "NotAcceptedError",
    "NotFoundError",
    "PayloadTooLargeError",
    "ServerUnreachableError",
    "ServiceUnavailableError",
    "StaleFenceError",
    "StoreUnavailableError",
    "TooManyRequestsError",
    "UnauthenticatedError",
    "UnsupportedMediaTypeError",
    "WaitTimeoutError",
    "WebhookVerificationError",
]


class WaitTimeoutError(MlmonError, TimeoutError):
    """The time that the caller gave was up before the run or batch was final."""

    code = "wait-timeout"
    title = "Still not final"


class CorruptDownloadError(MlmonError):
    """What was received is not what the run published; nothing was kept."""

    code = "corrupt-download"
    title = "Corrupt download"


class WebhookVerificationError(MlmonError):
    """A request does not prove that it is a message of a webhook of ours."""

    code = "webhook-verification"
    title = "Not a message of ours"
