"""Queue delayed runs when their time has come."""

from typing import Final

from mlmon_scheduler.application.ports import RunStore

_RUNS: Final = 200
_LONGEST_SECONDS: Final = 1.0


class PromoteDelayed:
    """Queues what is due by Redis' time; sleeps until the next is."""

    name = "promote_delayed"

    def __init__(self, store: RunStore) -> None:
        self._store = store
        self.period_seconds = _LONGEST_SECONDS

    async def tick(self) -> bool:
        """Queue what is due; True while there is more."""
        count, wait = await self._store.promote_delayed(_RUNS)
        self.period_seconds = min(_LONGEST_SECONDS, max(wait, 0.02) if wait is not None else 1.0)
        return count == _RUNS
