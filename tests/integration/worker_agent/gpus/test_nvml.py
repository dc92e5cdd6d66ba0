"""The adapter of NVIDIA's library, as far as one that is not NVIDIA's can show it."""

import pytest

from mlmon_shared.testing.polling import eventually
from mlmon_worker_agent.adapters.nvml import NvmlDriver
from mlmon_worker_agent.domain.errors import GpuDriverError
from mlmon_worker_agent.domain.gpus import Gpu
from tests.integration.worker_agent.gpus.conftest import FIRST, GIB, SECOND, GpuHost

BOTH = [FIRST, SECOND]


async def test_devices_are_described(loaded_library: GpuHost):
    loaded_library.install(FIRST, SECOND)
    async with NvmlDriver() as driver:
        found = await driver.list_gpus()

        assert found[0] == Gpu(0, FIRST, "NVIDIA A100-SXM4-40GB", 40 * GIB, "580.65.06")
        assert [gpu.uuid for gpu in found] == BOTH
        assert await driver.find_faults(BOTH) == {}


async def test_device_that_is_lost_or_split_is_left_out(loaded_library: GpuHost):
    third = SECOND.replace("2", "3")
    loaded_library.install(FIRST, SECOND, third)
    loaded_library.set_state(FIRST, "lost")
    loaded_library.set_state(third, "mig")
    async with NvmlDriver() as driver:
        assert [gpu.uuid for gpu in await driver.list_gpus()] == [SECOND]


async def test_device_without_ecc_is_well(loaded_library: GpuHost):
    loaded_library.install(FIRST, model="Tesla T4")
    async with NvmlDriver() as driver:
        assert len(await driver.list_gpus()) == 1
        assert await driver.find_faults([FIRST]) == {}


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("lost", "it is lost"),
        ("ecc 2", "2 errors of its memory since its last reset"),
        ("rows", "could not be replaced"),
    ],
)
async def test_fault_names_what_is_wrong(loaded_library: GpuHost, state: str, words: str):
    loaded_library.install(FIRST, SECOND)
    async with NvmlDriver() as driver:
        await driver.list_gpus()
        loaded_library.set_state(SECOND, state)
        faults = await driver.find_faults(BOTH)

        assert list(faults) == [SECOND]
        assert words in faults[SECOND]


async def test_xid_of_a_broken_device_is_remembered(loaded_library: GpuHost):
    loaded_library.install(FIRST, SECOND)
    async with NvmlDriver() as driver:
        await driver.list_gpus()
        loaded_library.report(FIRST, 31)
        loaded_library.report(SECOND, 79)
        fault = {SECOND: "the driver reported Xid 79: it has fallen off the bus"}

        assert await driver.find_faults(BOTH) == fault
        assert await driver.find_faults(BOTH) == fault


async def test_device_that_hangs_holds_up_no_other(loaded_library: GpuHost):
    loaded_library.install(FIRST, SECOND)
    async with NvmlDriver(patience_seconds=0.2) as driver:
        await driver.list_gpus()
        loaded_library.set_state(FIRST, "hang")
        faults = await driver.find_faults(BOTH)
        assert faults == {FIRST: "it did not answer within 0.2 s"}

        loaded_library.set_state(SECOND, "lost")
        assert set(await driver.find_faults(BOTH)) == {FIRST, SECOND}

        loaded_library.set_state(FIRST, "")

        async def is_well() -> bool:
            return FIRST not in await driver.find_faults(BOTH)

        await eventually(is_well)


async def test_device_that_is_not_there_any_more_is_not_well(loaded_library: GpuHost):
    loaded_library.install(FIRST)
    async with NvmlDriver() as driver:
        assert await driver.find_faults(BOTH) == {SECOND: "NVML answered: Not Found"}


async def test_driver_that_does_not_work_is_an_error(loaded_library: GpuHost):
    loaded_library.install(FIRST)
    loaded_library.break_driver()
    async with NvmlDriver() as driver:
        with pytest.raises(GpuDriverError, match="Driver Not Loaded"):
            await driver.list_gpus()
        faults = await driver.find_faults([FIRST])

        assert faults == {FIRST: "NVML answered: Driver Not Loaded"}
