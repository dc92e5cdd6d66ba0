"""Migrate at start, as soon as PostgreSQL answers."""

import asyncio
from collections.abc import Callable


class MigrateSchema:
    """Migrates once; a loop, because PostgreSQL may come up after the service.

    Args:
        migrate: Blocks until the database is up to date, or raises.
        on_done: Called when the database is up to date.
    """

    name = "migrate_schema"

    def __init__(self, migrate: Callable[[], None], on_done: Callable[[], None]) -> None:
        self._migrate = migrate
        self._on_done = on_done
        self._is_done = False
        self.period_seconds = 1.0

    async def tick(self) -> bool:
        """Migrate unless that was done."""
        if not self._is_done:
            await asyncio.to_thread(self._migrate)
            self._is_done = True
            self.period_seconds = 3600.0
            self._on_done()
        return False
