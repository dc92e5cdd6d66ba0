"""Keep the caps of lanes in step with pools and their agents."""

from mlmon_scheduler.application.cap_lanes import LaneCapper


class CapLanes:
    """Measures again and again; idempotent, so that replicas do no harm."""

    name = "cap_lanes"
    period_seconds = 5.0

    def __init__(self, capper: LaneCapper) -> None:
        self._capper = capper

    async def tick(self) -> bool:
        """Measure once."""
        await self._capper.cap_lanes()
        return False
