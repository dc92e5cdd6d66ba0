"""Sessions and what comes before them, in PostgreSQL."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, case, delete, insert, or_, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from mlmon_config_api.adapters.postgres.access_tables import (
    OIDC_SIGN_INS,
    SESSIONS,
    SIGN_IN_FAILURES,
)
from mlmon_config_api.application.access_ports import OidcSignIn
from mlmon_config_api.domain.guessing import Failures
from mlmon_config_api.domain.users import SessionRecord
from mlmon_shared.wire.users import SignInMethod

_COLUMNS = SESSIONS.c


class PostgresSessions:
    """Implements `Sessions` within one transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, session: SessionRecord) -> None:
        """Store a new one."""
        values = {**vars(session), "method": session.method.value}
        values["user_name"] = values.pop("user")
        await self._connection.execute(insert(SESSIONS).values(**values))

    async def find(self, sha256: str) -> SessionRecord | None:
        """Return the one whose secret has this hash."""
        found = await self._list(_COLUMNS.sha256 == sha256)
        return found[0] if found else None

    async def list_of(self, user: str) -> Sequence[SessionRecord]:
        """Return those of a user, the newest first."""
        return await self._list(_COLUMNS.user_name == user)

    async def note_seen(self, session_id: str, now: datetime) -> None:
        """Note that it was used."""
        await self._connection.execute(
            update(SESSIONS).where(_COLUMNS.id == session_id).values(seen_at=now)
        )

    async def delete(self, session_id: str) -> None:
        """Make it unknown."""
        await self._connection.execute(delete(SESSIONS).where(_COLUMNS.id == session_id))

    async def delete_of(self, user: str, *, but: str | None = None) -> None:
        """Make all of a user unknown, but one."""
        statement = delete(SESSIONS).where(_COLUMNS.user_name == user)
        if but is not None:
            statement = statement.where(_COLUMNS.id != but)
        await self._connection.execute(statement)

    async def delete_expired(self, now: datetime, idle: timedelta) -> None:
        """Forget what has ended."""
        has_ended = or_(_COLUMNS.expires_at <= now, _COLUMNS.seen_at <= now - idle)
        await self._connection.execute(delete(SESSIONS).where(has_ended))

    async def _list(self, condition: ColumnElement[bool]) -> list[SessionRecord]:
        query = select(SESSIONS).where(condition).order_by(_COLUMNS.created_at.desc(), _COLUMNS.id)
        return [
            SessionRecord(
                id=row.id,
                sha256=row.sha256,
                user=row.user_name,
                method=SignInMethod(row.method),
                created_at=row.created_at,
                seen_at=row.seen_at,
                expires_at=row.expires_at,
                address=row.address,
                user_agent=row.user_agent,
            )
            for row in await self._connection.execute(query)
        ]


class PostgresSignInFailures:
    """Implements `SignInFailures` within one transaction.

    Keys are hashed: they hold what somebody typed, which may be a password in the wrong field.
    """

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def lock(self, keys: Sequence[str], since: datetime) -> Mapping[str, Failures]:
        """Return what was counted and is not forgotten; nobody else counts these meanwhile."""
        by_hash = {_hash(key): key for key in keys}
        columns = SIGN_IN_FAILURES.c
        # Rows that do not exist cannot be locked; in order, so that two never wait for each other.
        rows = [{"key": key, "failures": 0, "last_at": since} for key in sorted(by_hash)]
        await self._connection.execute(upsert(SIGN_IN_FAILURES).on_conflict_do_nothing(), rows)
        query = (
            select(SIGN_IN_FAILURES)
            .where(columns.key.in_(by_hash))
            .order_by(columns.key)
            .with_for_update()
        )
        return {
            by_hash[row.key]: Failures(row.failures, row.last_at)
            for row in await self._connection.execute(query)
            if row.last_at > since
        }

    async def count(self, keys: Sequence[str], now: datetime, since: datetime) -> None:
        """Count one more for each; what is older than `since` is forgotten."""
        columns = SIGN_IN_FAILURES.c
        count = case((columns.last_at > since, columns.failures + 1), else_=1)
        await self._connection.execute(
            update(SIGN_IN_FAILURES)
            .where(columns.key.in_([_hash(key) for key in keys]))
            .values(failures=count, last_at=now)
        )

    async def forget(self, key: str) -> None:
        """Begin again."""
        await self._connection.execute(
            delete(SIGN_IN_FAILURES).where(SIGN_IN_FAILURES.c.key == _hash(key))
        )

    async def forget_before(self, since: datetime) -> None:
        """Remove what is so old that it counts no more."""
        columns = SIGN_IN_FAILURES.c
        # What others hold is passed over: they may wait for what this transaction holds.
        old = select(columns.key).where(columns.last_at <= since).with_for_update(skip_locked=True)
        await self._connection.execute(delete(SIGN_IN_FAILURES).where(columns.key.in_(old)))

    async def uncount(self, keys: Sequence[str]) -> None:
        """Take one back."""
        columns = SIGN_IN_FAILURES.c
        await self._connection.execute(
            update(SIGN_IN_FAILURES)
            .where(columns.key.in_([_hash(key) for key in keys]) & (columns.failures > 0))
            .values(failures=columns.failures - 1)
        )


class PostgresOidcSignIns:
    """Implements `OidcSignIns` within one transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, sha256: str, sign_in: OidcSignIn, *, now: datetime) -> None:
        """Store one, and forget those that have expired."""
        await self._connection.execute(
            delete(OIDC_SIGN_INS).where(OIDC_SIGN_INS.c.expires_at <= now)
        )
        await self._connection.execute(insert(OIDC_SIGN_INS).values(sha256=sha256, **vars(sign_in)))

    async def take(self, sha256: str, now: datetime) -> OidcSignIn | None:
        """Return one and forget it; None when it is unknown or has expired."""
        columns = OIDC_SIGN_INS.c
        taken = delete(OIDC_SIGN_INS).where(columns.sha256 == sha256).returning(OIDC_SIGN_INS)
        row = (await self._connection.execute(taken)).one_or_none()
        if row is None or row.expires_at <= now:
            return None
        return OidcSignIn(row.nonce, row.code_verifier, row.return_to, row.expires_at)


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode(errors="surrogatepass")).hexdigest()
