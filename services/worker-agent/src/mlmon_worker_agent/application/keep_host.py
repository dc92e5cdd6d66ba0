"""Keep the host clean and its disk from filling up; while it is neither, take no attempts."""

from typing import Final

import structlog

from mlmon_shared.wire.agent_protocol import REFUSAL_LIMIT
from mlmon_worker_agent.application.held_attempts import HeldAttempts
from mlmon_worker_agent.application.host_ports import Host
from mlmon_worker_agent.application.ports import ContainerRuntime
from mlmon_worker_agent.domain.disk_space import DiskLimits

log = structlog.get_logger(__name__)

_SWEEP_SECONDS: Final = 600.0
_SHED_SECONDS: Final = 60.0


class HostKeeper:
    """Sweeps the host, sheds images, and decides whether it takes attempts.

    What runs goes on whatever it decides.

    Args:
        limits: How full the disk may be.
    """

    def __init__(
        self, *, runtime: ContainerRuntime, held: HeldAttempts, host: Host, limits: DiskLimits
    ) -> None:
        self._runtime = runtime
        self._held = held
        self._host = host
        self._limits = limits
        # A start has just removed what was left.
        self._swept_at = self._shed_at = host.monotonic()
        self._left: list[str] = []

    async def look(self) -> None:
        """Look at the disk, and now and then at what is left on the host.

        Raises:
            RuntimeFailedError: The runtime does not work.
        """
        self._judge()
        now = self._host.monotonic()
        is_time_to_shed = now - self._shed_at > _SHED_SECONDS
        if is_time_to_shed and self._limits.wants_space(self._host.disk_percent()):
            self._shed_at = now
            await self._shed_images()
            self._judge()
        if now - self._swept_at > _SWEEP_SECONDS:
            self._swept_at = now
            await self.sweep()

    async def sweep(self) -> None:
        """Remove what is left of attempts that nobody holds.

        Raises:
            RuntimeFailedError: The runtime does not work.
        """
        self._left = list(await self._runtime.sweep(self._held.list_ids))
        for what in self._left:
            log.error("host is not clean", left=what)
        self._judge()

    async def _shed_images(self) -> None:
        gone = await self._runtime.shed_images(
            lambda: self._limits.wants_space(self._host.disk_percent())
        )
        for image in gone:
            log.info("image removed: the disk fills up", image=image)

    def _judge(self) -> None:
        reasons = []
        if self._left:
            more = f"; and {len(self._left) - 1} more" if len(self._left) > 1 else ""
            reasons.append(f"The host is not clean: {self._left[0]}{more}.")
        percent = self._host.disk_percent()
        if self._limits.is_full(percent):
            reasons.append(
                f"The host's disk is {percent:.0f} % full; from {self._limits.full_percent:g} % on "
                "it takes no attempts."
            )
        refusal = " ".join(reasons)[:REFUSAL_LIMIT]
        if bool(refusal) != bool(self._held.refusal):
            if refusal:
                log.warning("takes no attempts", reason=refusal)
            else:
                log.info("takes attempts again")
        self._held.refuse(refusal)
