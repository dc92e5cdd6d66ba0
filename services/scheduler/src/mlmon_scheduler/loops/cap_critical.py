"""Keep the caps of the critical lane in step with pools and their agents."""

from mlmon_scheduler.application.cap_critical import CriticalCapper


class CapCritical:
    """Measures again and again; idempotent, so that replicas do no harm."""

    name = "cap_critical"
    period_seconds = 5.0

    def __init__(self, capper: CriticalCapper) -> None:
        self._capper = capper

    async def tick(self) -> bool:
        """Measure once."""
        await self._capper.cap_critical()
        return False
