"""Let parked runs in where their gate has room after all."""

from typing import Final

from mlmon_scheduler.application.ports import QueueStore

_GATES: Final = 20


class AdmitParked:
    """Looks at gates that have parked runs; the ends of runs let in most of them before."""

    name = "admit_parked"
    period_seconds = 1.0

    def __init__(self, store: QueueStore) -> None:
        self._store = store

    async def tick(self) -> bool:
        """Look at some gates; True when runs were let in."""
        return await self._store.admit(_GATES) > 0
