"""Look after the machine that the agent runs on."""

from typing import Final

from mlmon_worker_agent.application.keep_host import HostKeeper

_PERIOD_SECONDS: Final = 5.0


class HostLoop:
    """Looks at the disk every five seconds; the keeper sweeps more rarely."""

    name = "host"
    period_seconds = _PERIOD_SECONDS

    def __init__(self, keeper: HostKeeper) -> None:
        self._keeper = keeper

    async def tick(self) -> bool:
        """Look once."""
        await self._keeper.look()
        return False
