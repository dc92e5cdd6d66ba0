"""Clients, pools and named resources in PostgreSQL."""

from collections.abc import Sequence
from datetime import datetime
from typing import Generic

from sqlalchemy import Table, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from mlmon_config_api.application.ports import EntryT, PageRequest
from mlmon_config_api.domain.documents import canonical_document


class PostgresEntries(Generic[EntryT]):
    """Implements `Entries` within one transaction.

    Args:
        connection: Of the transaction.
        table: Clients, pools or resources.
        model: Of its documents.
    """

    def __init__(self, connection: AsyncConnection, table: Table, model: type[EntryT]) -> None:
        self._connection = connection
        self._table = table
        self._model: type[EntryT] = model

    async def find(self, name: str) -> EntryT | None:
        """Return the one of this name."""
        query = select(self._table.c.document).where(self._table.c.name == name)
        document = (await self._connection.execute(query)).scalar_one_or_none()
        return self._model.model_validate(document) if document is not None else None

    async def list_page(self, page: PageRequest) -> Sequence[EntryT]:
        """Return some, by name."""
        columns = self._table.c
        query = select(columns.document).order_by(columns.name).limit(page.limit)
        if page.prefix:
            query = query.where(columns.name.startswith(page.prefix, autoescape=True))
        if page.after is not None:
            query = query.where(columns.name > page.after)
        if page.names is not None:
            query = query.where(columns.name.in_(page.names))
        if page.labels:
            query = query.where(columns.document.contains({"labels": dict(page.labels)}))
        documents = (await self._connection.execute(query)).scalars()
        return [self._model.model_validate(document) for document in documents]

    async def list_all(self) -> Sequence[EntryT]:
        """Return all, by name."""
        query = select(self._table.c.document).order_by(self._table.c.name)
        documents = (await self._connection.execute(query)).scalars()
        return [self._model.model_validate(document) for document in documents]

    async def save(self, entries: Sequence[EntryT], *, now: datetime, by: str) -> None:
        """Create them, or replace those of their names."""
        statement = upsert(self._table)
        given = statement.excluded
        changed = {name: given[name] for name in ("document", "changed_at", "changed_by")}
        rows = [
            {
                "name": entry.name,
                "document": canonical_document(entry),
                "changed_at": now,
                "changed_by": by,
            }
            for entry in entries
        ]
        await self._connection.execute(
            statement.on_conflict_do_update(index_elements=[self._table.c.name], set_=changed), rows
        )
