"""Watch the GPUs of the host: take those that fail out of service, and end what runs on them."""

from typing import Final

import structlog

from mlmon_shared.wire.states import AttemptState
from mlmon_worker_agent.application.held_attempts import HeldAttempts
from mlmon_worker_agent.application.host_ports import GpuDriver
from mlmon_worker_agent.domain.attempts import StopKind, StopOrder
from mlmon_worker_agent.domain.causes import clean_hint
from mlmon_worker_agent.domain.gpus import fault_reason

log = structlog.get_logger(__name__)

# From `finishing` on the command has ended, and needs its devices no more.
_NEEDS_GPUS: Final = {AttemptState.GRANTED, AttemptState.PREPARING, AttemptState.RUNNING}


class GpuWatch:
    """Asks the driver about the devices that are offered, and those that attempts have.

    A device that failed stays in quarantine as long as the agent's process lives: a GPU that
    was lost or hung needs a reset, and its operator to look at it.
    """

    def __init__(self, driver: GpuDriver, held: HeldAttempts) -> None:
        self._driver = driver
        self._held = held

    async def look(self) -> None:
        """Look once; attempts on a device that failed are ordered to end."""
        titles = {gpu.uuid: gpu.title for gpu in self._held.gpus}
        # One that an earlier process of this agent gave may not be offered any more.
        used = {uuid for attempt in self._held.list_working() for uuid in attempt.gpus}
        faults = await self._driver.find_faults(titles.keys() | used)
        for uuid, told in faults.items():
            fault = clean_hint(told)
            if self._held.quarantine_gpu(uuid, fault):
                log.error("GPU in quarantine", uuid=uuid, reason=fault)
        for attempt in self._held.list_working():
            if attempt.phase is AttemptState.RUNNING and attempt.gpus:
                attempt.gpu_meter.add(self._driver.find_loads(attempt.gpus))
            failed = [uuid for uuid in attempt.gpus if uuid in self._held.gpu_faults]
            if failed and attempt.phase in _NEEDS_GPUS:
                uuid = failed[0]
                title = titles.get(uuid, f"GPU {uuid}")
                reason = fault_reason(title, self._held.gpu_faults[uuid])
                attempt.order_stop(
                    StopOrder(StopKind.GPU, reason, attempt.grant.kill_grace_seconds)
                )
