"""Plan which agents are kept for large runs."""

from mlmon_scheduler.application.plan_reservations import ReservationPlanner


class PlanReservations:
    """Plans again and again; idempotent, so that replicas do no harm."""

    name = "plan_reservations"
    period_seconds = 5.0

    def __init__(self, planner: ReservationPlanner) -> None:
        self._planner = planner

    async def tick(self) -> bool:
        """Plan once."""
        await self._planner.plan()
        return False
