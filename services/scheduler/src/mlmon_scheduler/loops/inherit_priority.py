"""Raise what urgent runs wait on."""

from typing import Final

from mlmon_scheduler.application.ports import QueueStore

_RUNS: Final = 256


class InheritPriority:
    """Walks up the chains of waiting runs, a bounded number of runs a tick."""

    name = "inherit_priority"
    period_seconds = 0.25

    def __init__(self, store: QueueStore) -> None:
        self._store = store

    async def tick(self) -> bool:
        """Look at some runs; True while there is more."""
        _, left = await self._store.inherit(_RUNS)
        return left > 0
