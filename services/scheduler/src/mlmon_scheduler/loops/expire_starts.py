"""Expire runs that have not started in time."""

from typing import Final

from mlmon_scheduler.application.ports import RunStore

_RUNS: Final = 100


class ExpireStarts:
    """Ends what waited beyond its start deadline; its dependants are told as of any end."""

    name = "expire_starts"
    period_seconds = 1.0

    def __init__(self, store: RunStore) -> None:
        self._store = store

    async def tick(self) -> bool:
        """Expire some; True while there is more."""
        return await self._store.expire_starts(_RUNS) == _RUNS
