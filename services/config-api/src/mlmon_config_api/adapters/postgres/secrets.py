"""Secrets in PostgreSQL: what is in the table opens with no key that is there."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import Row, delete, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from mlmon_config_api.adapters.postgres.tables import SECRETS
from mlmon_config_api.application.ports import PageRequest
from mlmon_config_api.domain.secrets import Envelope, Sealed, StoredSecret

_COLUMNS = SECRETS.c


class PostgresSecrets:
    """Implements `Secrets` within one transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def find(self, name: str) -> StoredSecret | None:
        """Return the one of this name."""
        query = select(SECRETS).where(_COLUMNS.name == name)
        row = (await self._connection.execute(query)).one_or_none()
        return _secret(row) if row is not None else None

    async def list_page(self, page: PageRequest) -> Sequence[StoredSecret]:
        """Return some, by name."""
        query = select(SECRETS).order_by(_COLUMNS.name).limit(page.limit)
        if page.prefix:
            query = query.where(_COLUMNS.name.startswith(page.prefix, autoescape=True))
        if page.after is not None:
            query = query.where(_COLUMNS.name > page.after)
        return [_secret(row) for row in await self._connection.execute(query)]

    async def list_all(self) -> Sequence[StoredSecret]:
        """Return all, by name."""
        query = select(SECRETS).order_by(_COLUMNS.name)
        return [_secret(row) for row in await self._connection.execute(query)]

    async def save(self, secret: StoredSecret) -> None:
        """Create it, or replace the one of its name."""
        row = {**asdict(secret), "sealed": secret.sealed.box, "sealed_for": secret.sealed.key_id}
        statement = upsert(SECRETS).values(**row)
        changed = {name: statement.excluded[name] for name in row if name != "name"}
        await self._connection.execute(
            statement.on_conflict_do_update(index_elements=[_COLUMNS.name], set_=changed)
        )

    async def delete(self, name: str) -> None:
        """Forget it, with its value."""
        await self._connection.execute(delete(SECRETS).where(_COLUMNS.name == name))


def _secret(row: Row[Any]) -> StoredSecret:
    columns = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name
    sealed = Sealed(columns.pop("sealed_for"), columns.pop("sealed"))
    envelope = Envelope(**columns.pop("envelope"))
    return StoredSecret(**columns, envelope=envelope, sealed=sealed)
