"""Users and their invitations in PostgreSQL."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, delete, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from mlmon_config_api.adapters.postgres.access_tables import INVITATIONS, USERS
from mlmon_config_api.domain.documents import canonical_document
from mlmon_config_api.domain.users import UserRecord
from mlmon_shared.wire.users import User

_COLUMNS = USERS.c


class PostgresUsers:
    """Implements `Users` within one transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def find(self, name: str) -> UserRecord | None:
        """Return the one of this name."""
        return await self._find(_COLUMNS.name == name)

    async def find_by_identity(self, issuer: str, subject: str) -> UserRecord | None:
        """Return the one whom a provider knows so."""
        identity = _COLUMNS.document["identity"]
        return await self._find(
            (identity["issuer"].astext == issuer) & (identity["subject"].astext == subject)
        )

    async def list_page(
        self, *, limit: int, after: str | None, prefix: str
    ) -> Sequence[UserRecord]:
        """Return some, by name."""
        query = select(USERS).order_by(_COLUMNS.name).limit(limit)
        if prefix:
            query = query.where(_COLUMNS.name.startswith(prefix, autoescape=True))
        if after is not None:
            query = query.where(_COLUMNS.name > after)
        return [_record(row) for row in await self._connection.execute(query)]

    async def save(self, user: User, *, now: datetime, by: str) -> None:
        """Create the user, or replace all but the password."""
        changed = {"document": canonical_document(user), "changed_at": now, "changed_by": by}
        statement = upsert(USERS).values(name=user.name, created_at=now, **changed)
        await self._connection.execute(
            statement.on_conflict_do_update(index_elements=[_COLUMNS.name], set_=changed)
        )

    async def set_password_hash(self, name: str, password_hash: str, *, known: str | None) -> bool:
        """Replace the password if its hash is still the known one; say whether it was."""
        is_it = (_COLUMNS.name == name) & _COLUMNS.password_hash.is_not_distinct_from(known)
        changed = await self._connection.execute(
            update(USERS).where(is_it).values(password_hash=password_hash)
        )
        return changed.rowcount == 1

    async def delete(self, name: str) -> None:
        """Remove the user, and with it the sessions and invitations."""
        await self._connection.execute(delete(USERS).where(_COLUMNS.name == name))

    async def _find(self, condition: ColumnElement[bool]) -> UserRecord | None:
        row = (await self._connection.execute(select(USERS).where(condition))).one_or_none()
        return _record(row) if row is not None else None


class PostgresInvitations:
    """Implements `Invitations` within one transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, sha256: str, user: str, expires_at: datetime) -> None:
        """Store one; those that the user had before are void."""
        await self.delete_of(user)
        await self._connection.execute(
            insert(INVITATIONS).values(sha256=sha256, user_name=user, expires_at=expires_at)
        )

    async def find(self, sha256: str, now: datetime) -> str | None:
        """Return the user whom it invites; None when it is unknown or has expired."""
        query = select(INVITATIONS.c.user_name).where(
            INVITATIONS.c.sha256 == sha256, INVITATIONS.c.expires_at > now
        )
        found: str | None = (await self._connection.execute(query)).scalar_one_or_none()
        return found

    async def delete_of(self, user: str) -> None:
        """Make those of a user void."""
        await self._connection.execute(delete(INVITATIONS).where(INVITATIONS.c.user_name == user))


def _record(row: Row[Any]) -> UserRecord:
    return UserRecord(User.model_validate(row.document), row.created_at, row.password_hash)
