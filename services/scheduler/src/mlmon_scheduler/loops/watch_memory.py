"""Look at how full the store is."""

from collections.abc import Callable

from mlmon_scheduler.application.watch_memory import MemoryWatcher


class WatchMemory:
    """Looks every two seconds.

    Args:
        watcher: Does it.
        note: Told the share of the limit, for a metric.
    """

    name = "watch_memory"
    period_seconds = 2.0

    def __init__(self, watcher: MemoryWatcher, note: Callable[[float], None]) -> None:
        self._watcher = watcher
        self._note = note

    async def tick(self) -> bool:
        """Look once."""
        await self._watcher.look()
        self._note(self._watcher.share)
        return False
