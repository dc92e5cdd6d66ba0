"""Delete what history has: events below the watermark, and runs that are final."""

from typing import Final

from mlmon_scheduler.application.ports import RunStore

_RUNS: Final = 100


class TrimEvents:
    """Keeps Redis small; nothing that is not durable in history is deleted.

    Args:
        store: Of events and runs.
        keep_seconds: How long an event stays for those who follow the stream and lag behind.
    """

    name = "trim_events"
    period_seconds = 5.0

    def __init__(self, store: RunStore, *, keep_seconds: float) -> None:
        self._store = store
        self._keep_seconds = keep_seconds

    async def tick(self) -> bool:
        """Delete some; True while there is more."""
        await self._store.trim_events(keep_seconds=self._keep_seconds)
        return await self._store.forget(_RUNS) >= _RUNS
