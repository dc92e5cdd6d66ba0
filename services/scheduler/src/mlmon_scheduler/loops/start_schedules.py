"""Start what schedules want."""

from collections.abc import Callable

from mlmon_scheduler.application.fire_schedules import ScheduleFirer


class StartSchedules:
    """Fires slots once they are due; a second replica that does so as well changes nothing.

    Args:
        firer: Knows what is due.
        has_room: Whether the store takes new runs; slots wait until it does, or are missed.
    """

    name = "start_schedules"
    period_seconds = 1.0

    def __init__(self, firer: ScheduleFirer, has_room: Callable[[], bool] = lambda: True) -> None:
        self._firer = firer
        self._has_room = has_room

    async def tick(self) -> bool:
        """Fire what is due; True while there is more to fire at once."""
        return self._has_room() and await self._firer.fire_due()
