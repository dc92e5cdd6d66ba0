"""Find the GPUs that this agent may give to attempts."""

import structlog

from mlmon_worker_agent.application.host_ports import GpuDriver
from mlmon_worker_agent.domain.errors import GpuDriverError
from mlmon_worker_agent.domain.gpus import Gpu

log = structlog.get_logger(__name__)


async def find_gpus(driver: GpuDriver, *, most: int | None) -> tuple[Gpu, ...]:
    """Return the devices to offer, the first by index; the log says which, or why none.

    Args:
        driver: Knows the devices of this host.
        most: How many to offer; all that are there when left out. It makes none up.
    """
    if most == 0:
        return ()
    try:
        found = sorted(await driver.list_gpus(), key=lambda gpu: gpu.index)
    except GpuDriverError as error:
        log.error("no GPU is offered: the driver does not work", detail=error.detail)  # noqa: TRY400 - no bug
        return ()
    if most is not None and len(found) < most:
        log.error("fewer GPUs are there than are set", there=len(found), set=most)
    elif not found:
        log.info("this host has no NVIDIA GPU")
    offered = tuple(found[:most])
    for gpu in offered:
        log.info(
            "GPU offered", uuid=gpu.uuid, model=gpu.model, memory=gpu.memory, driver=gpu.driver
        )
    return offered
