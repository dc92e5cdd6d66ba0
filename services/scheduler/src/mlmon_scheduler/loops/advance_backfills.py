"""Go on with backfills."""

from collections.abc import Callable

from mlmon_scheduler.application.advance_backfills import BackfillAdvancer


class AdvanceBackfills:
    """Begins the next slots, a slot of each backfill a tick.

    Args:
        advancer: Knows what is next.
        has_room: Whether the store takes new runs; while it does not, no slot begins.
    """

    name = "advance_backfills"
    period_seconds = 1.0

    def __init__(
        self, advancer: BackfillAdvancer, has_room: Callable[[], bool] = lambda: True
    ) -> None:
        self._advancer = advancer
        self._has_room = has_room

    async def tick(self) -> bool:
        """Begin some; True while that goes on."""
        return await self._advancer.advance(may_begin=self._has_room())
