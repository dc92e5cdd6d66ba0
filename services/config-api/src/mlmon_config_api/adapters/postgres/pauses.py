"""What is paused, in PostgreSQL: clients, or schedules."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Table, delete, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection


class PostgresPauses:
    """Implements `Pauses` within one transaction.

    Args:
        connection: Of the transaction.
        table: Of clients, or of schedules.
    """

    def __init__(self, connection: AsyncConnection, table: Table) -> None:
        self._connection = connection
        self._table = table

    async def find(self, names: Sequence[str]) -> Mapping[str, str]:
        """Return the reasons of those of these that are paused."""
        query = select(self._table.c.name, self._table.c.reason).where(
            self._table.c.name.in_(names)
        )
        return {row.name: row.reason for row in await self._connection.execute(query)}

    async def list_all(self) -> Sequence[str]:
        """Return all that are paused, by name."""
        query = select(self._table.c.name).order_by(self._table.c.name)
        return [str(name) for name in (await self._connection.execute(query)).scalars()]

    async def pause(self, name: str, *, reason: str, now: datetime, by: str) -> None:
        """Note that one is paused, or why it is."""
        facts = {"reason": reason, "paused_at": now, "paused_by": by}
        statement = upsert(self._table).values(name=name, **facts)
        await self._connection.execute(
            statement.on_conflict_do_update(index_elements=[self._table.c.name], set_=facts)
        )

    async def resume(self, name: str) -> None:
        """Note that one goes on."""
        await self._connection.execute(delete(self._table).where(self._table.c.name == name))
