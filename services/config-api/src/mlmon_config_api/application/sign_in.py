"""Sign in with a password, and end sessions."""

import math
import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

import structlog

from mlmon_config_api.application.access_ports import Access, AccessStore, PasswordHasher
from mlmon_config_api.application.ports import CatalogStore
from mlmon_config_api.application.users import check_password, replace_password
from mlmon_config_api.domain.guessing import FORGOTTEN_AFTER, counters_of, wait_until
from mlmon_config_api.domain.users import SessionRecord, UserRecord
from mlmon_shared.errors import NotFoundError, TooManyRequestsError, UnauthenticatedError
from mlmon_shared.ids import NewId
from mlmon_shared.wire.users import SignInMethod

log = structlog.get_logger(__name__)

_WRONG: Final = "the name or the password is wrong"
"""Whatever it is: nobody learns which users there are."""
_AGENT_SHOWN: Final = 200


@dataclass(frozen=True)
class SessionPolicy:
    """How long sessions live.

    Attributes:
        idle: Without being used.
        lifetime: At all.
    """

    idle: timedelta
    lifetime: timedelta


@dataclass(frozen=True)
class Caller:
    """Whence somebody signs in."""

    address: str
    user_agent: str


@dataclass(frozen=True)
class OpenSession:
    """A session whose secret is known, because it has just begun or this request brought it."""

    record: SessionRecord
    user: UserRecord
    secret: str


class SignIn:
    """Begins and ends sessions.

    Args:
        access: Where users and sessions are kept.
        hasher: Checks passwords.
        policy: How long sessions live.
        new_id: Names sessions.
    """

    def __init__(
        self, access: AccessStore, hasher: PasswordHasher, policy: SessionPolicy, new_id: NewId
    ) -> None:
        self._access = access
        self._hasher = hasher
        self._policy = policy
        self._new_id = new_id

    async def with_password(
        self, name: str, password: str, *, caller: Caller, now: datetime
    ) -> OpenSession:
        """Begin a session.

        The answer to a wrong name, a wrong password and a disabled user is the same and takes
        the same time.

        Raises:
            UnauthenticatedError: Name or password is wrong.
            TooManyRequestsError: It failed too often of late.
            StoreUnavailableError: See `AccessStore`.
        """
        found = await self.check_password(name, password, caller=caller, now=now)
        async with self._access.access() as access:
            if await access.users.find(name) != found:
                # The password, or the user, was changed while this one was being checked.
                raise UnauthenticatedError(_WRONG)
            return await self.begin(access, found, SignInMethod.PASSWORD, caller=caller, now=now)

    async def check_password(
        self, name: str, password: str, *, caller: Caller, now: datetime
    ) -> UserRecord:
        """Return the user whose password this is.

        Raises:
            UnauthenticatedError: Name or password is wrong, or the user is disabled.
            TooManyRequestsError: It failed too often of late.
            StoreUnavailableError: See `AccessStore`.
        """
        keys = [counter.key for counter in counters_of(name, caller.address)]
        # Counted before it is known to fail, so that tries at the same time do not slip through.
        async with self._access.access() as access:
            await self._count(access, name, caller, now)
            found = await access.users.find(name)
        known = found.password_hash if found is not None else None
        is_right = await self._hasher.verify(known, password)
        if found is None or known is None or not is_right or found.user.is_disabled:
            # Without the name: people type passwords there.
            log.info("signing in failed", address=caller.address)
            raise UnauthenticatedError(_WRONG)
        fresh = await self._hasher.hash(password) if self._hasher.is_outdated(known) else None
        async with self._access.access() as access:
            await access.failures.lock(keys, now - FORGOTTEN_AFTER)
            await access.failures.forget(keys[0])
            await access.failures.uncount(keys[1:])
            await access.failures.forget_before(now - FORGOTTEN_AFTER)
            if fresh is not None and await access.users.set_password_hash(name, fresh, known=known):
                found = replace(found, password_hash=fresh)
        return found

    async def begin(
        self,
        access: Access,
        user: UserRecord,
        method: SignInMethod,
        *,
        caller: Caller,
        now: datetime,
    ) -> OpenSession:
        """Begin a session of somebody who is known by now."""
        secret = secrets.token_urlsafe(32)
        record = SessionRecord(
            id=self._new_id(),
            sha256=_hash(secret),
            user=user.user.name,
            method=method,
            created_at=now,
            seen_at=now,
            expires_at=now + self._policy.lifetime,
            address=caller.address,
            user_agent=_printable(caller.user_agent),
        )
        await access.sessions.delete_expired(now, self._policy.idle)
        await access.sessions.add(record)
        log.info("signed in", user=record.user, method=method.value, address=caller.address)
        return OpenSession(record, user, secret)

    async def find(self, secret: str, *, now: datetime) -> OpenSession | None:
        """Return the session of a secret; None when it is unknown or over, or the user disabled.

        Raises:
            StoreUnavailableError: See `AccessStore`.
        """
        async with self._access.access() as access:
            record = await access.sessions.find(_hash(secret))
            if record is None or record.has_expired(now, self._policy.idle):
                return None
            user = await access.users.find(record.user)
            if user is None or user.user.is_disabled:
                return None
            if record.is_worth_noting(now):
                await access.sessions.note_seen(record.id, now)
                record = replace(record, seen_at=now)
            return OpenSession(record, user, secret)

    async def list_of(self, user: str, *, now: datetime) -> list[SessionRecord]:
        """Return where a user is signed in, the newest first."""
        async with self._access.access() as access:
            found = await access.sessions.list_of(user)
        return [record for record in found if not record.has_expired(now, self._policy.idle)]

    async def end(self, user: str, session_id: str) -> None:
        """End a session of the user.

        Raises:
            NotFoundError: The user has no such session.
        """
        async with self._access.access() as access:
            found = [each.id for each in await access.sessions.list_of(user)]
            if session_id not in found:
                raise NotFoundError(f'you have no session with the id "{session_id}"')
            await access.sessions.delete(session_id)

    async def end_all(self, user: str) -> None:
        """End all sessions of the user."""
        async with self._access.access() as access:
            await access.sessions.delete_of(user)

    async def find_invited(self, secret: str, *, now: datetime) -> str:
        """Return the name of the user whom a link invites.

        Raises:
            NotFoundError: The link is unknown, was used or has expired.
        """
        async with self._access.access() as access:
            found = await access.invitations.find(_hash(secret), now)
        if found is None:
            raise _no_invitation()
        return found

    async def with_invitation(
        self, catalogs: CatalogStore, secret: str, password: str, *, caller: Caller, now: datetime
    ) -> OpenSession:
        """Set the password of the user whom a link invites, once, and begin a session.

        Raises:
            NotFoundError: The link is unknown, was used or has expired.
            InvalidRequestError: The password is refused.
            StoreUnavailableError: See `AccessStore`.
        """
        name = await self.find_invited(secret, now=now)
        check_password(password, name=name, at="/password")
        password_hash = await self._hasher.hash(password)
        async with catalogs.write() as catalog:
            # Whoever was faster has used it up.
            invited = await catalog.invitations.find(_hash(secret), now)
            user = await catalog.users.find(name)
            if invited != name or user is None:
                raise _no_invitation()
            await replace_password(catalog, user, password_hash, by=name, now=now)
        async with self._access.access() as access:
            return await self.begin(access, user, SignInMethod.INVITATION, caller=caller, now=now)

    async def _count(self, access: Access, name: str, caller: Caller, now: datetime) -> None:
        counters = counters_of(name, caller.address)
        keys = [counter.key for counter in counters]
        failed = await access.failures.lock(keys, now - FORGOTTEN_AFTER)
        waits = [wait_until(counter, failed.get(counter.key)) for counter in counters]
        latest = max((wait for wait in waits if wait is not None), default=now)
        if latest > now:
            seconds = math.ceil((latest - now).total_seconds())
            raise TooManyRequestsError(
                f"signing in failed too often; try again in {seconds} s",
                retry_after_seconds=seconds,
            )
        await access.failures.count(keys, now, now - FORGOTTEN_AFTER)


def _hash(secret: str) -> str:
    return sha256(secret.encode(errors="surrogatepass")).hexdigest()


def _printable(text: str) -> str:
    return "".join(letter for letter in text if letter.isprintable())[:_AGENT_SHOWN]


def _no_invitation() -> NotFoundError:
    return NotFoundError("this link was used or has expired; ask for another one")
