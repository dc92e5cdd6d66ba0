"""Keys that check passes, in PostgreSQL."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from mlmon_config_api.adapters.postgres.access_tables import PASS_KEYS
from mlmon_shared.wire.passes import PassKey


class PostgresPassKeys:
    """Implements `PassKeys` within one transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, key: PassKey, *, now: datetime) -> None:
        """Store one, and forget those that have ended."""
        await self._connection.execute(delete(PASS_KEYS).where(PASS_KEYS.c.expires_at <= now))
        await self._connection.execute(
            insert(PASS_KEYS).values(
                id=key.id, public_key=key.public_key, expires_at=key.expires_at
            )
        )

    async def list_all(self) -> Sequence[PassKey]:
        """Return all, by id."""
        rows = await self._connection.execute(select(PASS_KEYS).order_by(PASS_KEYS.c.id))
        return [
            PassKey(id=row.id, public_key=row.public_key, expires_at=row.expires_at) for row in rows
        ]
