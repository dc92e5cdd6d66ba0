"""People who sign in: what is written and shown of them, their sessions and roles."""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Final

from pydantic import AfterValidator, Field, SecretStr, StringConstraints
from pydantic_core import PydanticCustomError

from mlmon_shared.wire.models import StrictModel, WireModel
from mlmon_shared.wire.states import Scope

USER_NAME_PATTERN: Final = r"^[a-z0-9]([a-z0-9._@+-]{0,98}[a-z0-9])?$"
"""As names of other things, but in small letters, and an e-mail address is one."""
OIDC: Final = "oidc"
"""Who changes users as an OpenID provider says, in the audit."""
RESERVED_NAMES: Final = frozenset({"current", "settings", OIDC})
"""A path means oneself by the first; the audit means no user by the others."""


def _check_reserved(name: str) -> str:
    if name in RESERVED_NAMES:
        raise PydanticCustomError("reserved", "this name is reserved; choose another one", {})
    return name


UserName = Annotated[
    str, StringConstraints(pattern=USER_NAME_PATTERN), AfterValidator(_check_reserved)
]


class Role(StrEnum):
    """What a user may do: each is a named set of scopes, see `ROLE_SCOPES`."""

    ADMIN = "admin"
    OPERATOR = "operator"
    AUTHOR = "author"
    SUBMITTER = "submitter"
    READER = "reader"


ROLE_SCOPES: Final = {
    Role.ADMIN: frozenset({Scope.ADMIN}),
    Role.OPERATOR: frozenset({Scope.OPERATOR}),
    Role.AUTHOR: frozenset({Scope.AUTHOR}),
    Role.SUBMITTER: frozenset({Scope.SUBMITTER}),
    Role.READER: frozenset({Scope.READER}),
}


def scopes_of_roles(roles: Iterable[Role]) -> frozenset[Scope]:
    """Return the scopes that the roles name together, without those that these imply."""
    return frozenset(scope for role in roles for scope in ROLE_SCOPES[role])


class Identity(StrictModel):
    """Whom an OpenID provider knows a user as.

    Attributes:
        issuer: URL of the provider.
        subject: Its permanent id of the person (`sub`).
    """

    issuer: Annotated[str, StringConstraints(min_length=1, max_length=500)]
    subject: Annotated[str, StringConstraints(min_length=1, max_length=255)]


class User(StrictModel):
    """Somebody who may sign in.

    Attributes:
        display_name: As others see it.
        roles: What the user may do; together.
        is_disabled: May not sign in, and is signed out at once.
        identity: Lets the user sign in with the OpenID provider.
    """

    name: UserName
    display_name: Annotated[str, StringConstraints(max_length=200)] = ""
    email: Annotated[str, StringConstraints(max_length=254, pattern=r"^([^@\s]+@[^@\s]+)?$")] = ""
    roles: Annotated[list[Role], Field(min_length=1, max_length=len(Role))]
    is_disabled: bool = False
    identity: Identity | None = None


class UserDocument(User):
    """A user as it is stored.

    Attributes:
        has_password: The user can sign in with a password.
        etag: What `If-Match` names to change this and nothing else.
    """

    has_password: bool
    created_at: datetime
    etag: str | None = None

    def as_written(self) -> User:
        """Return what people write of it."""
        return User(**{name: getattr(self, name) for name in User.model_fields})


class UserPage(WireModel):
    """A page of users, by name."""

    items: list[UserDocument]
    next_cursor: str | None = None


class PasswordRequest(StrictModel):
    """A password that an administrator gives a user."""

    password: SecretStr


class PasswordChange(StrictModel):
    """A password that users give themselves."""

    old_password: SecretStr
    new_password: SecretStr


class InvitationDocument(WireModel):
    """A link with which a user sets a password, once.

    Attributes:
        path: To be put behind the server's URL; whoever has it can use it.
    """

    user: str
    path: str
    expires_at: datetime


class SignInRequest(StrictModel):
    """What one signs in with."""

    name: Annotated[str, StringConstraints(max_length=200)]
    password: SecretStr


class SignInMethod(StrEnum):
    """How a session began."""

    PASSWORD = "password"  # noqa: S105 - a way to sign in, no secret
    OIDC = "oidc"
    INVITATION = "invitation"


class SessionDocument(WireModel):
    """Where a user is signed in.

    Attributes:
        seen_at: When it was used last, to a minute.
        expires_at: When it ends however much it is used.
        address: From which the user signed in.
        is_current: This request belongs to it.
    """

    id: str
    user: str
    method: SignInMethod
    created_at: datetime
    seen_at: datetime
    expires_at: datetime
    address: str
    user_agent: str
    is_current: bool


class CurrentSessionDocument(SessionDocument):
    """The session of this request.

    Attributes:
        scopes: What the user may do, implied scopes included.
        csrf_token: To be sent as `X-CSRF-Token` with every request that changes something.
    """

    display_name: str
    roles: list[Role]
    scopes: list[Scope]
    csrf_token: str


class SessionPage(WireModel):
    """The sessions of a user, the newest first."""

    items: list[SessionDocument]
