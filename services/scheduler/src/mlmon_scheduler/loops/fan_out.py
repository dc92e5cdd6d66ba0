"""Tell dependants that what they waited on is final."""

from typing import Final

from mlmon_scheduler.application.ports import RunStore

_EDGES: Final = 256


class FanOut:
    """Resolves edges of finished runs and groups, at most 256 a tick."""

    name = "fan_out"
    period_seconds = 1.0

    def __init__(self, store: RunStore) -> None:
        self._store = store

    async def tick(self) -> bool:
        """Resolve some edges; True while there is more."""
        _, left = await self._store.fan_out(_EDGES)
        return left > 0
