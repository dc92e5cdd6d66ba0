"""Look at the store so often that no break goes unnoticed."""

from mlmon_scheduler.application.hearing import Hearing


class ListenForAgents:
    """Listens also while other loops have long work to do."""

    name = "listen_for_agents"
    period_seconds = 0.5

    def __init__(self, hearing: Hearing) -> None:
        self._hearing = hearing

    async def tick(self) -> bool:
        """Listen once."""
        await self._hearing.listen()
        return False
