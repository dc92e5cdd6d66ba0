"""Bring the agent to the release that its pool names."""

from typing import Final

from mlmon_worker_agent.application.update_agent import AgentUpdater

_PERIOD_SECONDS: Final = 1.0


class ReleaseLoop:
    """Looks every second whether it is time."""

    name = "releases"
    period_seconds = _PERIOD_SECONDS

    def __init__(self, updater: AgentUpdater) -> None:
        self._updater = updater

    async def tick(self) -> bool:
        """Look once; where another release takes this one's place, the agent ends."""
        await self._updater.follow()
        return False
