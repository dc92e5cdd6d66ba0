"""The errors that MLMon raises on purpose.

```
MlmonError
├── InvalidRequestError          422 invalid-request (errors: [{pointer, detail}])
├── UnauthenticatedError         401 unauthenticated
├── ForbiddenError               403 forbidden
├── NotFoundError                404 not-found
├── MethodNotAllowedError        405 method-not-allowed
├── ConflictError                409 conflict
│   ├── StaleFenceError          409 stale-fence
│   ├── NotAcceptedError         409 not-accepted
│   └── IdempotencyConflictError 409 idempotency-conflict
├── GoneError                    410 gone
├── PreconditionFailedError      412 precondition-failed
├── PayloadTooLargeError         413 payload-too-large
├── UnsupportedMediaTypeError    415 unsupported-media-type
├── TooManyRequestsError         429 too-many-requests
├── ServiceUnavailableError      503 service-unavailable
│   └── StoreUnavailableError    503 store-unavailable
├── ServerUnreachableError       503 server-unreachable (raised by clients only)
└── ConfigurationError           500 configuration-error (a program's own settings)
```

A server renders them as RFC 9457 problems (`mlmon_shared.http.problems`); a client
(`mlmon_shared.clients`) turns the problem back into the same class by its `code`.
"""

from typing import Any, ClassVar, Final

_FAULTS_NOTED: Final = 50


class MlmonError(Exception):
    """Root of the errors that MLMon raises on purpose.

    Args:
        detail: One sentence for the reader: what is wrong, and the remedy.
        **extras: Typed facts that travel beside the detail (ids, limits).
    """

    code: ClassVar[str] = "internal-error"
    status: ClassVar[int] = 500
    title: ClassVar[str] = "Internal error"

    def __init__(self, detail: str, **extras: Any) -> None:  # noqa: ANN401 - JSON values of any kind
        super().__init__(detail)
        self.detail = detail
        self.extras = extras


class InvalidRequestError(MlmonError):
    """The request itself is wrong: malformed, or naming what does not exist.

    Args:
        detail: A summary sentence.
        errors: Every fault found, each `{"pointer": "/items/3/job", "detail": "…"}`.
        **extras: Further facts.
    """

    code = "invalid-request"
    status = 422
    title = "Invalid request"

    def __init__(
        self,
        detail: str,
        errors: list[dict[str, str]] | None = None,
        **extras: Any,  # noqa: ANN401 - JSON values of any kind
    ) -> None:
        super().__init__(detail, **({"errors": errors} if errors is not None else {}), **extras)
        self.errors = errors or []
        if len(self.errors) > 1:
            # The detail has the first one only; tracebacks and notebooks show the notes.
            for fault in self.errors[:_FAULTS_NOTED]:
                self.add_note(f"{fault.get('pointer') or '/'}: {fault.get('detail', '')}")

    @classmethod
    def at(cls, pointer: str, detail: str) -> "InvalidRequestError":
        """Build the error for one fault at one place (a JSON pointer)."""
        return cls(detail, errors=[{"pointer": pointer, "detail": detail}])


class UnauthenticatedError(MlmonError):
    """No token, or one that is unknown, expired or malformed."""

    code = "unauthenticated"
    status = 401
    title = "Unauthenticated"


class ForbiddenError(MlmonError):
    """The token is known but lacks the scope that the endpoint asks for."""

    code = "forbidden"
    status = 403
    title = "Forbidden"


class NotFoundError(MlmonError):
    """The thing that the URL names does not exist."""

    code = "not-found"
    status = 404
    title = "Not found"


class MethodNotAllowedError(MlmonError):
    """The URL exists, but not with this method."""

    code = "method-not-allowed"
    status = 405
    title = "Method not allowed"


class ConflictError(MlmonError):
    """The request is well-formed but does not fit the state that the thing is in."""

    code = "conflict"
    status = 409
    title = "Conflict"


class PreconditionFailedError(MlmonError):
    """The thing is not what the caller takes it for: somebody else has changed it.

    Args:
        detail: Who changed it last, and when.
        changes: What others changed since the caller read it, the newest first, each as
            `mlmon_shared.wire.concurrent_edits.OtherChange` has it.
        more_changes: How many more there were before those.
        etag: What the thing is now; None when it is not there.
        **extras: Further facts.
    """

    code = "precondition-failed"
    status = 412
    title = "Precondition failed"

    def __init__(
        self,
        detail: str,
        *,
        changes: list[dict[str, Any]] | None = None,
        more_changes: int = 0,
        etag: str | None = None,
        **extras: Any,  # noqa: ANN401 - JSON values of any kind
    ) -> None:
        self.changes = changes or []
        self.more_changes = more_changes
        self.etag = etag
        super().__init__(
            detail, changes=self.changes, more_changes=more_changes, etag=etag, **extras
        )


class StaleFenceError(ConflictError):
    """The attempt was lost or superseded; its holder must discard what it made."""

    code = "stale-fence"


class NotAcceptedError(ConflictError):
    """The attempt was never accepted, so it cannot have succeeded; its holder discards it."""

    code = "not-accepted"


class IdempotencyConflictError(ConflictError):
    """The Idempotency-Key was used before with another body."""

    code = "idempotency-conflict"


class GoneError(MlmonError):
    """The thing existed and was removed for good."""

    code = "gone"
    status = 410
    title = "Gone"


class PayloadTooLargeError(MlmonError):
    """The body is larger than the endpoint takes."""

    code = "payload-too-large"
    status = 413
    title = "Payload too large"


class UnsupportedMediaTypeError(MlmonError):
    """The Content-Type is not one that the endpoint reads."""

    code = "unsupported-media-type"
    status = 415
    title = "Unsupported media type"


class TooManyRequestsError(MlmonError):
    """A rate or quota is used up; `retry_after_seconds` says when to come back."""

    code = "too-many-requests"
    status = 429
    title = "Too many requests"


class ServiceUnavailableError(MlmonError):
    """A dependency of the service is down; `retry_after_seconds` says when to come back."""

    code = "service-unavailable"
    status = 503
    title = "Service unavailable"


class StoreUnavailableError(ServiceUnavailableError):
    """Redis or PostgreSQL does not answer."""

    code = "store-unavailable"


class ServerUnreachableError(MlmonError):
    """A client could not reach its server at all."""

    code = "server-unreachable"
    status = 503
    title = "Server unreachable"


class ConfigurationError(MlmonError):
    """A program cannot start with the settings that it was given."""

    code = "configuration-error"
    title = "Configuration error"


def error_classes() -> dict[str, type[MlmonError]]:
    """Return every error class by its code, for turning a problem back into an exception."""
    found: dict[str, type[MlmonError]] = {}
    queue = [MlmonError]
    while queue:
        error_class = queue.pop()
        found.setdefault(error_class.code, error_class)
        queue.extend(error_class.__subclasses__())
    return found


def class_of_status(status: int) -> type[MlmonError]:
    """Return the general error class of an HTTP status, for answers that name no code of ours."""
    general = (
        InvalidRequestError,
        UnauthenticatedError,
        ForbiddenError,
        NotFoundError,
        MethodNotAllowedError,
        ConflictError,
        GoneError,
        PreconditionFailedError,
        PayloadTooLargeError,
        UnsupportedMediaTypeError,
        TooManyRequestsError,
        ServiceUnavailableError,
    )
    found = next((kind for kind in general if kind.status == status), None)
    if found is not None:
        return found
    is_the_callers = 400 <= status < 500  # noqa: PLR2004 - as HTTP divides them
    return InvalidRequestError if is_the_callers else MlmonError
