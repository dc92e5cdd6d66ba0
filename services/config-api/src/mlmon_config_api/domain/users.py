"""Users and their sessions, as they are kept."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from mlmon_shared.wire.users import SignInMethod, User

SEEN_EVERY: Final = timedelta(minutes=1)
"""How exactly the last use of a session is noted: not every request writes."""


@dataclass(frozen=True)
class UserRecord:
    """A user with what is never shown.

    Attributes:
        password_hash: Encoded by argon2; None where there is no password.
    """

    user: User
    created_at: datetime
    password_hash: str | None


@dataclass(frozen=True)
class SessionRecord:
    """A session, known by the SHA-256 of the secret in its cookie, in hexadecimal."""

    id: str
    sha256: str
    user: str
    method: SignInMethod
    created_at: datetime
    seen_at: datetime
    expires_at: datetime
    address: str
    user_agent: str

    def has_expired(self, now: datetime, idle: timedelta) -> bool:
        """Say whether it has ended, by its age or because it was not used for long."""
        return self.expires_at <= now or self.seen_at + idle <= now

    def is_worth_noting(self, now: datetime) -> bool:
        """Say whether a use at this moment is to be written down."""
        return now - self.seen_at >= SEEN_EVERY
