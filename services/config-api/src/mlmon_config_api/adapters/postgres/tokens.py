"""Tokens in PostgreSQL."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, exists, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from mlmon_config_api.adapters.postgres.tables import TOKENS
from mlmon_config_api.application.ports import PageRequest
from mlmon_shared.wire.catalog import TokenRecord

_COLUMNS = TOKENS.c
_VALID = select(TOKENS).where(_COLUMNS.revoked_at.is_(None))


class PostgresTokens:
    """Implements `Tokens` within one transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def find(self, token_id: str) -> TokenRecord | None:
        """Return the one with this id."""
        return await self._find(_COLUMNS.id == token_id)

    async def find_by_name(self, name: str) -> TokenRecord | None:
        """Return the one of this name."""
        return await self._find(_COLUMNS.name == name)

    async def find_by_sha256(self, sha256: str) -> TokenRecord | None:
        """Return the one whose secret has this hash."""
        return await self._find(_COLUMNS.sha256 == sha256)

    async def list_page(self, page: PageRequest) -> Sequence[TokenRecord]:
        """Return some, by name."""
        query = _VALID.order_by(_COLUMNS.name).limit(page.limit)
        if page.prefix:
            query = query.where(_COLUMNS.name.startswith(page.prefix, autoescape=True))
        if page.after is not None:
            query = query.where(_COLUMNS.name > page.after)
        return [_record(row) for row in await self._connection.execute(query)]

    async def list_all(self) -> Sequence[TokenRecord]:
        """Return all, by name."""
        query = _VALID.order_by(_COLUMNS.name)
        return [_record(row) for row in await self._connection.execute(query)]

    async def add(self, record: TokenRecord) -> None:
        """Store a new one."""
        await self._connection.execute(insert(TOKENS).values(**record.model_dump()))

    async def revoke(self, token_id: str, *, now: datetime) -> None:
        """Make it unknown from now on."""
        is_it = (_COLUMNS.id == token_id) & _COLUMNS.revoked_at.is_(None)
        await self._connection.execute(update(TOKENS).where(is_it).values(revoked_at=now))

    async def was_revoked(self, token_id: str) -> bool:
        """Say whether there was a token with this id that is revoked now."""
        is_it = (_COLUMNS.id == token_id) & _COLUMNS.revoked_at.is_not(None)
        found = await self._connection.execute(select(exists().where(is_it)))
        return bool(found.scalar_one())

    async def _find(self, condition: ColumnElement[bool]) -> TokenRecord | None:
        row = (await self._connection.execute(_VALID.where(condition))).one_or_none()
        return _record(row) if row is not None else None


def _record(row: Row[Any]) -> TokenRecord:
    return TokenRecord.model_validate(dict(row._mapping))  # noqa: SLF001 - SQLAlchemy's public name
