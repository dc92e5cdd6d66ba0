"""Look after runs that shall have ended by some time."""

from typing import Final

from prometheus_client import CollectorRegistry, Counter

from mlmon_scheduler.application.watch_deadlines import DeadlineWatcher

_RUNS: Final = 256


class LateMetric:
    """Counts runs that were expected to miss their deadlines.

    Args:
        registry: Of the service.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        self._late = Counter(
            "mlmon_scheduler_deadlines_predicted_late_total",
            "Runs that were found to miss their deadline, most of them before it.",
            registry=registry,
        )

    def count(self, runs: int) -> None:
        """Add so many runs."""
        self._late.inc(runs)


class WatchDeadlines:
    """Looks at a bounded number of due runs a tick, so that a large batch slows nobody."""

    name = "watch_deadlines"
    period_seconds = 0.5

    def __init__(self, watcher: DeadlineWatcher) -> None:
        self._watcher = watcher

    async def tick(self) -> bool:
        """Look at some; what is left is looked at by the next tick."""
        await self._watcher.watch(_RUNS)
        return False
