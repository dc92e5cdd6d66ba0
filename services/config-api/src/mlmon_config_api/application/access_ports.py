"""What signing in needs of the place where users are stored, and of what checks passwords."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from mlmon_config_api.domain.guessing import Failures
from mlmon_config_api.domain.users import SessionRecord, UserRecord
from mlmon_shared.wire.passes import PassKey
from mlmon_shared.wire.users import User


class Users(Protocol):
    """The users."""

    async def find(self, name: str) -> UserRecord | None:
        """Return the one of this name."""

    async def find_by_identity(self, issuer: str, subject: str) -> UserRecord | None:
        """Return the one whom a provider knows so."""

    async def list_page(
        self, *, limit: int, after: str | None, prefix: str
    ) -> Sequence[UserRecord]:
        """Return some, by name."""
        ...

    async def save(self, user: User, *, now: datetime, by: str) -> None:
        """Create the user, or replace all but the password."""

    async def set_password_hash(self, name: str, password_hash: str, *, known: str | None) -> bool:
        """Replace the password if its hash is still the known one; say whether it was."""
        ...

    async def delete(self, name: str) -> None:
        """Remove the user, and with it the sessions and invitations."""


class Sessions(Protocol):
    """Where users are signed in."""

    async def add(self, session: SessionRecord) -> None:
        """Store a new one."""

    async def find(self, sha256: str) -> SessionRecord | None:
        """Return the one whose secret has this hash."""

    async def list_of(self, user: str) -> Sequence[SessionRecord]:
        """Return those of a user, the newest first."""
        ...

    async def note_seen(self, session_id: str, now: datetime) -> None:
        """Note that it was used."""

    async def delete(self, session_id: str) -> None:
        """Make it unknown."""

    async def delete_of(self, user: str, *, but: str | None = None) -> None:
        """Make all of a user unknown, but one."""

    async def delete_expired(self, now: datetime, idle: timedelta) -> None:
        """Forget what has ended."""


class Invitations(Protocol):
    """Links with which users set a password, by the hash of their secret."""

    async def add(self, sha256: str, user: str, expires_at: datetime) -> None:
        """Store one; those that the user had before are void."""

    async def find(self, sha256: str, now: datetime) -> str | None:
        """Return the user whom it invites; None when it is unknown or has expired."""

    async def delete_of(self, user: str) -> None:
        """Make those of a user void."""


@dataclass(frozen=True)
class OidcSignIn:
    """Somebody who was sent to the OpenID provider and has not come back yet."""

    nonce: str
    code_verifier: str
    return_to: str
    expires_at: datetime


class OidcSignIns(Protocol):
    """Who was sent to the OpenID provider, by the hash of the state."""

    async def add(self, sha256: str, sign_in: OidcSignIn, *, now: datetime) -> None:
        """Store one, and forget those that have expired."""

    async def take(self, sha256: str, now: datetime) -> OidcSignIn | None:
        """Return one and forget it; None when it is unknown or has expired."""


class SignInFailures(Protocol):
    """Failed tries to sign in."""

    async def lock(self, keys: Sequence[str], since: datetime) -> Mapping[str, Failures]:
        """Return what was counted and is not forgotten; nobody else counts these meanwhile."""
        ...

    async def count(self, keys: Sequence[str], now: datetime, since: datetime) -> None:
        """Count one more for each; what is older than `since` is forgotten."""

    async def forget(self, key: str) -> None:
        """Begin again."""

    async def forget_before(self, since: datetime) -> None:
        """Remove what is so old that it counts no more."""

    async def uncount(self, keys: Sequence[str]) -> None:
        """Take one back."""


class PassKeys(Protocol):
    """What other services check passes with."""

    async def add(self, key: PassKey, *, now: datetime) -> None:
        """Store one, and forget those that have ended."""

    async def list_all(self) -> Sequence[PassKey]:
        """Return all, by id."""
        ...


class Access(Protocol):
    """Users and all that concerns signing in, in one transaction."""

    @property
    def users(self) -> Users:
        """The users."""
        ...

    @property
    def sessions(self) -> Sessions:
        """Their sessions."""
        ...

    @property
    def invitations(self) -> Invitations:
        """Their invitations."""
        ...

    @property
    def oidc_sign_ins(self) -> OidcSignIns:
        """Who is at the OpenID provider."""
        ...

    @property
    def failures(self) -> SignInFailures:
        """The failed tries."""
        ...


class AccessStore(Protocol):
    """Opens transactions on users, which do not wait for those on the catalog."""

    def access(self) -> AbstractAsyncContextManager[Access]:
        """Open a transaction, which commits at its end.

        Raises:
            StoreUnavailableError: PostgreSQL does not answer.
        """
        ...


class PasswordHasher(Protocol):
    """Hashes passwords, slowly."""

    async def hash(self, password: str) -> str:
        """Return the hash to be stored."""
        ...

    async def verify(self, password_hash: str | None, password: str) -> bool:
        """Say whether the password has this hash; without one it takes as long, and is not."""
        ...

    def is_outdated(self, password_hash: str) -> bool:
        """Say whether it was made with other parameters than are used now."""
        ...
