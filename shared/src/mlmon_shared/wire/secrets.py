"""Secrets: what people send, what is shown of them, and what the scheduler gets."""

from collections.abc import Collection
from datetime import datetime
from typing import Annotated, Any, Final, Literal, Self

from pydantic import (
    AfterValidator,
    Field,
    SecretStr,
    StringConstraints,
    field_serializer,
    model_validator,
)
from pydantic_core import PydanticCustomError

from mlmon_shared.wire.models import StrictModel, WireModel
from mlmon_shared.wire.names import Name

VALUE_LIMIT: Final = 64 * 1024
"""Bytes of a value in UTF-8, as Secrets Manager has it."""
ANYBODY: Final = "any"
SOURCE_PATTERN: Final = r"^(ssm|secretsmanager):[A-Za-z0-9/_+=.@:!-]{1,2048}$"

Audience = Annotated[list[Name], Field(min_length=1, max_length=1000)] | Literal["any"]
"""Names of clients or of jobs, or `any`."""


def check_value(value: SecretStr) -> SecretStr:
    """Return the value when a file can hold it and the limits allow it.

    Raises:
        PydanticCustomError: It is empty or too long; the message does not show it.
    """
    size = len(value.get_secret_value().encode(errors="surrogatepass"))
    if size == 0:
        raise PydanticCustomError("empty", "a value has at least one character", {})
    if size > VALUE_LIMIT:
        raise PydanticCustomError(
            "too_long",
            "the value has {size} bytes; at most {limit} are kept",
            {"size": size, "limit": VALUE_LIMIT},
        )
    return value


class SecretRequest(StrictModel):
    """A new secret, or what changes of one; what is left out stays as it is.

    Attributes:
        value: Given again, whatever it is, it makes the next version.
        source: Where the value is instead: `ssm:<parameter>` or `secretsmanager:<secret>`.
        clients: For whose runs it may be used; a new one for any.
        jobs: Which jobs may use it; a new one any.
    """

    name: Name
    description: Annotated[str, StringConstraints(max_length=2000)] | None = None
    value: Annotated[SecretStr, AfterValidator(check_value)] | None = Field(
        default=None, json_schema_extra={"writeOnly": True}
    )
    source: Annotated[str, StringConstraints(pattern=SOURCE_PATTERN)] | None = None
    clients: Audience | None = None
    jobs: Audience | None = None

    @field_serializer("value", when_used="json-unless-none")
    def _write_value(self, value: SecretStr) -> str:
        return value.get_secret_value()

    @model_validator(mode="after")
    def _check_one(self) -> Self:
        if self.value is not None and self.source is not None:
            raise PydanticCustomError("secret", "give value or source, not both", {})
        return self

    def as_body(self) -> dict[str, Any]:
        """Return what a client sends, with the value."""
        return self.model_dump(mode="json", exclude_none=True)


class SecretDocument(WireModel):
    """What is shown of a secret: never its value.

    Attributes:
        version: Counts the values that it has had, from 1.
        source: Where the value comes from; empty for one that was sent.
        problem: Why the newest value could not be fetched from the source; empty when it could.
        wrapped_by: Which key wraps the value: a fingerprint, or `kms:<key>`.
        used_by: Jobs whose current definition names it.
        changed_at: When the secret was changed last, by whom.
        etag: What `If-Match` names to change this and nothing else.
    """

    name: str
    description: str = ""
    clients: list[str] | Literal["any"] = "any"
    jobs: list[str] | Literal["any"] = "any"
    version: int
    source: str = ""
    problem: str = ""
    wrapped_by: str = ""
    used_by: list[str] = []
    changed_at: datetime
    changed_by: str
    etag: str | None = None


class SecretPage(WireModel):
    """A page of secrets, by name."""

    items: list[SecretDocument]
    next_cursor: str | None = None


class SealedSecret(WireModel):
    """A secret as the snapshot carries it: only the scheduler can open it.

    Attributes:
        sealed_for: Fingerprint of the public key.
        sealed: The value, base64; empty while it is sealed to no key.
    """

    name: str
    version: int
    clients: list[str] | Literal["any"] = "any"
    jobs: list[str] | Literal["any"] = "any"
    sealed_for: str
    sealed: str


def is_meant_for(name: str, audience: Collection[str] | Literal["any"]) -> bool:
    """Say whether a client or a job is among those that may use a secret."""
    return audience == ANYBODY or name in audience
