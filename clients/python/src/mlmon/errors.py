"""Every error that the client raises.

They are those of `mlmon_shared.errors`, whose docstring has the tree, and five of our own:

```
MlmonError
├── …
├── WaitTimeoutError         wait-timeout (also a TimeoutError)
├── CorruptDownloadError     corrupt-download
├── MissingPackageError      missing-package
├── ClosedClientError        closed-client
└── WebhookVerificationError webhook-verification
```
"""

from typing import Self

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
    PreconditionFailedError,
    ServerUnreachableError,
    ServiceUnavailableError,
    StaleFenceError,
    StoreUnavailableError,
    TooManyRequestsError,
    UnauthenticatedError,
    UnsupportedMediaTypeError,
)

__all__ = [
    "ClosedClientError",
    "ConfigurationError",
    "ConflictError",
    "CorruptDownloadError",
    "ForbiddenError",
    "GoneError",
    "IdempotencyConflictError",
    "InvalidRequestError",
    "MethodNotAllowedError",
    "MissingPackageError",
    "MlmonError",
    "NotAcceptedError",
    "NotFoundError",
    "PayloadTooLargeError",
    "PreconditionFailedError",
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


class MissingPackageError(MlmonError):
    """A package that MLMon uses only where it is installed is not."""

    code = "missing-package"
    title = "Package not installed"

    @classmethod
    def of(cls, package: str) -> Self:
        """Return the error for a package with an extra of its name."""
        return cls(f"{package} is not installed: pip install 'mlmon[{package}]'", package=package)


class ClosedClientError(MlmonError):
    """A client, or a run or batch that came from it, was used after it was closed."""

    code = "closed-client"
    title = "Client is closed"

    def __init__(self) -> None:
        super().__init__("this client is closed; open another one, which takes runs and batches")


class WebhookVerificationError(MlmonError):
    """A request does not prove that it is a message of a webhook of ours."""

    code = "webhook-verification"
    title = "Not a message of ours"
