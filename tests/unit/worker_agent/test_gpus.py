from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime

import pytest

from mlmon_shared.wire.agent_protocol import Grant, Vector
from mlmon_shared.wire.states import AttemptState, Cause
from mlmon_worker_agent.application.find_gpus import find_gpus
from mlmon_worker_agent.application.held_attempts import HeldAttempt, HeldAttempts
from mlmon_worker_agent.application.watch_gpus import GpuWatch
from mlmon_worker_agent.domain.attempts import StopKind, StopOrder
from mlmon_worker_agent.domain.causes import classify_stop
from mlmon_worker_agent.domain.errors import GpuDriverError
from mlmon_worker_agent.domain.gpus import (
    Gpu,
    GpuLoad,
    GpuMeter,
    choose_gpus,
    explain_xid,
    is_device_fault,
)

GPUS = [Gpu(index, f"GPU-{index}", "NVIDIA L4", 2**34, "580") for index in range(3)]
CAPACITY = Vector(cpu_milli=8000, memory=100, gpus=3, disk=50)


class ScriptedDriver:
    """A driver of devices that are not there."""

    def __init__(self, gpus: Sequence[Gpu] = (), error: GpuDriverError | None = None) -> None:
        self.gpus = gpus
        self.error = error
        self.faults: dict[str, str] = {}
        self.asked: set[str] = set()

    async def list_gpus(self) -> Sequence[Gpu]:
        if self.error is not None:
            raise self.error
        return self.gpus

    async def find_faults(self, uuids: Collection[str]) -> Mapping[str, str]:
        self.asked = set(uuids)
        return {uuid: fault for uuid, fault in self.faults.items() if uuid in self.asked}

    def find_loads(self, uuids: Collection[str]) -> Sequence[GpuLoad]:
        return [GpuLoad(0.5, 7) for _ in uuids]


def grant(run_id: str = "run-1", gpus: int = 1) -> Grant:
    return Grant(
        run_id=run_id,
        attempt=1,
        fence=run_id,
        resources=Vector(cpu_milli=1000, memory=10, gpus=gpus),
        accept_by=datetime(2026, 1, 5, tzinfo=UTC),
        stop_after_seconds=15,
        kill_grace_seconds=5,
    )


def clean(held: HeldAttempts, attempt: HeldAttempt) -> None:
    held.settle(attempt, cleaned=True)


def test_free_devices_are_chosen_by_index():
    chosen = choose_gpus(GPUS[::-1], {"GPU-1"}, 2)

    assert [gpu.uuid for gpu in chosen] == ["GPU-0", "GPU-2"]


@pytest.mark.parametrize(("xid", "is_fault"), [(13, False), (31, False), (79, True), (48, True)])
def test_xid_of_a_command_is_no_fault_of_the_device(xid: int, is_fault: bool):
    assert is_device_fault(xid) is is_fault


def test_xid_that_nobody_knows_is_told_by_its_number():
    assert explain_xid(999) == "the driver reported Xid 999"


def test_attempts_share_no_device_and_give_them_back_once_cleaned():
    held = HeldAttempts(CAPACITY, GPUS)
    first = held.add(grant("run-1"))
    second = held.add(grant("run-2", gpus=2))
    assert (first.gpus, second.gpus) == (("GPU-0",), ("GPU-1", "GPU-2"))
    assert held.free().gpus == 0

    held.settle(first, answered=True)
    assert held.free().gpus == 0
    clean(held, first)

    assert held.free().gpus == 1
    assert held.add(grant("run-3")).gpus == ("GPU-0",)


def test_attempt_has_all_that_it_needs_or_nothing():
    held = HeldAttempts(CAPACITY, GPUS)
    first = held.add(grant("run-1", gpus=2))
    second = held.add(grant("run-2", gpus=2))

    assert not second.gpus
    assert not held.pin_gpus(second)
    clean(held, first)
    assert held.pin_gpus(second)
    assert second.gpus == ("GPU-0", "GPU-1")


def test_adopted_attempt_keeps_what_it_had():
    held = HeldAttempts(CAPACITY, GPUS[:1])
    adopted = held.add(grant("run-1"), gpus=["GPU-2"])

    assert adopted.gpus == ("GPU-2",)
    assert held.free().gpus == 1


def test_device_in_quarantine_is_not_free():
    held = HeldAttempts(CAPACITY, GPUS)
    changes: list[int] = []
    held.call_on_change(lambda: changes.append(held.free().gpus))
    assert held.quarantine_gpu("GPU-0", "lost")
    assert not held.quarantine_gpu("GPU-0", "lost again")

    assert changes == [2]
    assert held.gpu_faults == {"GPU-0": "lost"}
    assert held.add(grant()).gpus == ("GPU-1",)


async def test_fault_ends_what_still_needs_the_device():
    held = HeldAttempts(CAPACITY, GPUS)
    driver = ScriptedDriver(GPUS)
    running, finishing, other = (held.add(grant(f"run-{n}")) for n in range(3))
    running.enter(AttemptState.RUNNING)
    finishing.enter(AttemptState.FINISHING)
    other.enter(AttemptState.RUNNING)
    driver.faults = {"GPU-0": "it is lost", "GPU-1": "it is lost"}
    await GpuWatch(driver, held).look()

    assert running.stop_order == StopOrder(
        StopKind.GPU,
        "GPU 0 (NVIDIA L4, GPU-0) of the host failed (it is lost); that is no fault of the job.",
        5,
    )
    assert finishing.stop_order is None
    assert other.stop_order is None
    clean(held, running)
    assert held.free().gpus == 0


async def test_device_of_an_adopted_attempt_is_watched():
    held = HeldAttempts(CAPACITY, GPUS[:1])
    adopted = held.add(grant(), gpus=["GPU-9"])
    driver = ScriptedDriver()
    driver.faults = {"GPU-9": "it is lost"}
    await GpuWatch(driver, held).look()

    assert driver.asked == {"GPU-0", "GPU-9"}
    assert adopted.stop_order is not None
    assert adopted.stop_order.reason.startswith("GPU GPU-9 of the host failed")


def test_attempt_on_a_broken_device_fails_for_that_cause():
    outcome = classify_stop(StopOrder(StopKind.GPU, "It failed.", 5), exit_code=1)

    assert (outcome.state, outcome.cause, outcome.exit_code) == (
        AttemptState.FAILED,
        Cause.GPU,
        1,
    )


@pytest.mark.parametrize(
    ("most", "found"), [(None, ["GPU-0", "GPU-1", "GPU-2"]), (2, ["GPU-0", "GPU-1"]), (0, [])]
)
async def test_setting_restricts_what_is_offered(most: int | None, found: list[str]):
    gpus = await find_gpus(ScriptedDriver(GPUS[::-1]), most=most)

    assert [gpu.uuid for gpu in gpus] == found


async def test_setting_makes_up_no_device():
    assert len(await find_gpus(ScriptedDriver(GPUS), most=9)) == 3
    assert await find_gpus(ScriptedDriver(error=GpuDriverError("mismatch")), most=2) == ()


def test_load_of_devices_is_their_mean_and_the_most_memory_of_all():
    meter = GpuMeter()
    assert meter.facts() == {}

    meter.add([GpuLoad(1.0, 10), GpuLoad(0.0, 20)])
    meter.add([])
    meter.add([GpuLoad(0.25, 5), GpuLoad(0.25, 5)])

    assert meter.facts() == {"mean_gpu": 0.375, "peak_gpu_memory": 30}
