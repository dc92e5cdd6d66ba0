"""The right to drain a shard: an advisory lock of PostgreSQL, held by a connection."""

import zlib

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from mlmon_report_writer.adapters.postgres.connections import create_engine, mapped_errors
from mlmon_shared.errors import StoreUnavailableError

_LOCK_SPACE = 0x6D6C6D6E  # "mlmn", so that no other program's locks collide


class PostgresShardOwnership:
    """Holds the lock for as long as its connection lives.

    The lock only saves work: if it were lost unnoticed, the offset's compare-and-set would
    still let one owner write.

    Args:
        database_url: The connection is its own, since the lock lives and dies with it.
        shard: Which to own.
    """

    def __init__(self, database_url: str, shard: str) -> None:
        self._engine = create_engine(database_url, is_pooled=False)
        self._lock = {"space": _LOCK_SPACE, "shard": zlib.crc32(shard.encode()) - 2**31}
        self._connection: AsyncConnection | None = None
        self._is_ours = False

    async def acquire(self) -> bool:
        """Return whether the shard is ours, taking it when it is free."""
        try:
            async with mapped_errors():
                connection = self._connection or await self._connect()
                if self._is_ours:
                    await connection.execute(text("SELECT 1"))
                else:
                    taken = await connection.scalar(
                        text("SELECT pg_try_advisory_lock(:space, :shard)"), self._lock
                    )
                    self._is_ours = bool(taken)
        except StoreUnavailableError:
            await self.release()
            raise
        return self._is_ours

    async def release(self) -> None:
        """Give the shard up by closing its connection."""
        connection, self._connection, self._is_ours = self._connection, None, False
        if connection is not None:
            async with mapped_errors():
                await connection.invalidate()
                await connection.close()

    async def aclose(self) -> None:
        """Give the shard up for good."""
        await self.release()
        await self._engine.dispose()

    async def _connect(self) -> AsyncConnection:
        # Autocommit: an open transaction of days would keep PostgreSQL from vacuuming.
        connection = await self._engine.connect()
        self._connection = connection
        return await connection.execution_options(isolation_level="AUTOCOMMIT")
