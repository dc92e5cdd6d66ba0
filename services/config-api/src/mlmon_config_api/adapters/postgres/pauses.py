"""Which clients are paused, in PostgreSQL."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from mlmon_config_api.adapters.postgres.tables import PAUSED_CLIENTS

_COLUMNS = PAUSED_CLIENTS.c


class PostgresPauses:
    """Implements `Pauses` within one transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def find(self, names: Sequence[str]) -> Mapping[str, str]:
        """Return the reasons of those of these that are paused."""
        query = select(_COLUMNS.name, _COLUMNS.reason).where(_COLUMNS.name.in_(names))
        return {row.name: row.reason for row in await self._connection.execute(query)}

    async def list_all(self) -> Sequence[str]:
        """Return all that are paused, by name."""
        query = select(_COLUMNS.name).order_by(_COLUMNS.name)
        return [str(name) for name in (await self._connection.execute(query)).scalars()]

    async def pause(self, name: str, *, reason: str, now: datetime, by: str) -> None:
        """Note that one is paused, or why it is."""
        facts = {"reason": reason, "paused_at": now, "paused_by": by}
        statement = upsert(PAUSED_CLIENTS).values(name=name, **facts)
        await self._connection.execute(
            statement.on_conflict_do_update(index_elements=[_COLUMNS.name], set_=facts)
        )

    async def resume(self, name: str) -> None:
        """Note that one goes on."""
        await self._connection.execute(delete(PAUSED_CLIENTS).where(_COLUMNS.name == name))
