"""Start what schedules want."""

from mlmon_scheduler.application.fire_schedules import ScheduleFirer


class StartSchedules:
    """Fires slots once they are due; a second replica that does so as well changes nothing."""

    name = "start_schedules"
    period_seconds = 1.0

    def __init__(self, firer: ScheduleFirer) -> None:
        self._firer = firer

    async def tick(self) -> bool:
        """Fire all that is due."""
        await self._firer.fire_due()
        return False
