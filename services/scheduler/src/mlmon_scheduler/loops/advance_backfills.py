"""Go on with backfills."""

from mlmon_scheduler.application.backfills import BackfillAdvancer


class AdvanceBackfills:
    """Begins the next slots where room is, a slot of each backfill a tick."""

    name = "advance_backfills"
    period_seconds = 1.0

    def __init__(self, advancer: BackfillAdvancer) -> None:
        self._advancer = advancer

    async def tick(self) -> bool:
        """Begin some; True while that goes on."""
        return await self._advancer.advance()
