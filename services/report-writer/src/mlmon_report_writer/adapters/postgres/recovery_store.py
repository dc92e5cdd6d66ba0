"""What a scheduler rebuilds its shard from, read where it was written."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncEngine

from mlmon_report_writer.adapters.postgres.connections import transaction
from mlmon_report_writer.application.ports import Fields, StreamState

# The same states as in the partial indexes, or they would not be used.
_OPEN_RUNS: Final = text("""
    SELECT fields FROM (
        (SELECT id, fields FROM runs
         WHERE state NOT IN ('succeeded', 'failed', 'cancelled', 'skipped', 'expired')
           AND id > :after
         ORDER BY id LIMIT :limit)
        UNION ALL
        (SELECT id, fields FROM runs
         WHERE state IN ('succeeded', 'failed', 'cancelled', 'skipped', 'expired')
           AND batch IN (SELECT id FROM batches WHERE state <> 'finished')
           AND id > :after
         ORDER BY id LIMIT :limit)
    ) AS wanted
    ORDER BY id LIMIT :limit
""")
_OPEN_BATCHES: Final = text("""
    SELECT fields FROM batches WHERE state <> 'finished' AND id > :after ORDER BY id LIMIT :limit
""")
_STREAMS: Final = text("""
    SELECT epoch, position, is_broken FROM stream_offsets WHERE shard = :shard ORDER BY epoch
""")


class PostgresRecoveryStore:
    """Implements `RecoveryStore`.

    Args:
        engine: Never a read replica's: what it lacks would be lost.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def list_streams(self, shard: str) -> Sequence[StreamState]:
        """Return the streams of a shard, oldest epoch first."""
        async with transaction(self._engine) as connection:
            found = await connection.execute(_STREAMS, {"shard": shard})
            return [StreamState(*row) for row in found]

    async def list_open_runs(self, *, after: str, limit: int) -> Sequence[Fields]:
        """Return what is not over, with ids above `after`, in order of their ids; see the port."""
        return await self._fields(_OPEN_RUNS, after=after, limit=limit)

    async def list_open_batches(self, *, after: str, limit: int) -> Sequence[Fields]:
        """Return batches that are not finished, with ids above `after`, in order of their ids."""
        return await self._fields(_OPEN_BATCHES, after=after, limit=limit)

    async def _fields(self, query: TextClause, **values: object) -> Sequence[Fields]:
        async with transaction(self._engine) as connection:
            return (await connection.scalars(query, values)).all()
