"""Watch the GPUs that this host has."""

from typing import Final

from mlmon_worker_agent.application.watch_gpus import GpuWatch

_PERIOD_SECONDS: Final = 2.0


class GpuLoop:
    """Looks at the devices every two seconds; one that hangs holds up neither the others nor us."""

    name = "gpus"
    period_seconds = _PERIOD_SECONDS

    def __init__(self, watch: GpuWatch) -> None:
        self._watch = watch

    async def tick(self) -> bool:
        """Look once."""
        await self._watch.look()
        return False
