"""Agents on hosts with GPUs that are not there."""

import json
from pathlib import Path
from typing import Any

import pytest

from mlmon_shared.testing.polling import eventually
from mlmon_shared.wire.agent_protocol import AttemptSpec
from mlmon_shared.wire.job_definitions import Resources
from mlmon_shared.wire.states import AttemptState, Cause
from tests.integration.worker_agent.conftest import MIB, FakeScheduler
from tests.integration.worker_agent.gpus.conftest import FIRST, GIB, SECOND, GpuHost
from tests.integration.worker_agent.processes.conftest import AgentProcess

SHOW = """
import json, os, pathlib, time
names = ("CUDA_VISIBLE_DEVICES", "NVIDIA_VISIBLE_DEVICES")
print(json.dumps([os.environ[name] for name in names]), flush=True)
"""
LAST = SHOW + "time.sleep(600)"


def enqueue(scheduler: FakeScheduler, code: str, gpus: int = 1, **changes: Any) -> AttemptSpec:
    resources = Resources(memory=64 * MIB, cpu=0.5, gpus=gpus)
    return scheduler.python(code, resources=resources, **changes)


async def seen_by(scheduler: FakeScheduler, spec: AttemptSpec) -> list[str]:
    """Return the devices that CUDA and NVIDIA's runtime would show the command."""
    line = await eventually(lambda: scheduler.log_of(spec).strip(), within_seconds=20)
    shown: list[str] = json.loads(line.splitlines()[0])
    return shown


async def poll_with(scheduler: FakeScheduler, gpus: int) -> None:
    await eventually(
        lambda: scheduler.polls and scheduler.polls[-1].free.gpus == gpus, within_seconds=20
    )


@pytest.mark.parametrize(("settings", "offered"), [({}, 2), ({"gpus": "1"}, 1), ({"gpus": "0"}, 0)])
async def test_agent_registers_its_devices(
    agent: AgentProcess,
    scheduler: FakeScheduler,
    host: GpuHost,
    settings: dict[str, str],
    offered: int,
):
    host.install(FIRST, SECOND)
    await agent.start(**settings)
    await poll_with(scheduler, offered)

    assert scheduler.registrations[0].capacity.gpus == offered
    assert agent.log.count("GPU offered") == offered


async def test_setting_makes_up_no_device(
    agent: AgentProcess, scheduler: FakeScheduler, host: GpuHost
):
    host.install(FIRST)
    await agent.start(gpus="4")
    await poll_with(scheduler, 1)

    assert scheduler.registrations[0].capacity.gpus == 1
    assert "fewer GPUs are there than are set" in agent.log


async def test_host_without_a_driver_has_none(agent: AgentProcess, scheduler: FakeScheduler):
    agent.environment = {}
    await agent.start()
    await poll_with(scheduler, 0)

    assert scheduler.registrations[0].capacity.gpus == 0
    assert agent.log.count("this host has no NVIDIA GPU") == 1
    assert "error" not in agent.log


async def test_driver_that_does_not_work_leaves_an_agent_without(
    agent: AgentProcess, scheduler: FakeScheduler, host: GpuHost
):
    host.install(FIRST)
    host.break_driver()
    spec = enqueue(scheduler, SHOW, gpus=0)
    await agent.start()

    assert await seen_by(scheduler, spec) == ["", "void"]
    assert scheduler.registrations[0].capacity.gpus == 0
    assert "Driver Not Loaded" in agent.log


async def test_attempts_have_devices_of_their_own_until_they_ended(
    agent: AgentProcess, scheduler: FakeScheduler, host: GpuHost
):
    host.install(FIRST, SECOND)
    one, other = enqueue(scheduler, LAST), enqueue(scheduler, LAST)
    without = enqueue(scheduler, SHOW, gpus=0)
    waiting = enqueue(scheduler, SHOW)
    await agent.start()

    assert await seen_by(scheduler, one) == [FIRST, FIRST]
    assert await seen_by(scheduler, other) == [SECOND, SECOND]
    assert await seen_by(scheduler, without) == ["", "void"]
    await poll_with(scheduler, 0)
    scheduler.cancel(other)
    assert await seen_by(scheduler, waiting) == [SECOND, SECOND]


async def test_attempt_with_all_devices_sees_all(
    agent: AgentProcess, scheduler: FakeScheduler, host: GpuHost
):
    host.install(FIRST, SECOND)
    spec = enqueue(scheduler, SHOW, gpus=2, environment={"CUDA_VISIBLE_DEVICES": "7"})
    await agent.start()

    assert await seen_by(scheduler, spec) == [f"{FIRST},{SECOND}"] * 2


async def test_killed_agent_knows_what_its_attempts_have(
    agent: AgentProcess, scheduler: FakeScheduler, host: GpuHost
):
    host.install(FIRST, SECOND)
    first, second = enqueue(scheduler, LAST), enqueue(scheduler, LAST)
    await agent.start()
    assert await seen_by(scheduler, first) == [FIRST, FIRST]
    assert await seen_by(scheduler, second) == [SECOND, SECOND]
    scheduler.cancel(first)
    await poll_with(scheduler, 1)
    await agent.kill()
    # The devices may be counted in another order after that.
    host.install(SECOND, FIRST)
    await agent.start()
    await eventually(lambda: len(scheduler.syncs) == 2)
    await poll_with(scheduler, 1)
    later = enqueue(scheduler, SHOW)

    assert await seen_by(scheduler, later) == [FIRST, FIRST]


async def test_device_that_fails_ends_its_attempt_and_is_given_to_none(
    agent: AgentProcess, scheduler: FakeScheduler, host: GpuHost
):
    host.install(FIRST, SECOND)
    struck, spared = enqueue(scheduler, LAST), enqueue(scheduler, LAST)
    await agent.start()
    await seen_by(scheduler, struck)
    await seen_by(scheduler, spared)
    host.report(FIRST, 79)
    result = await scheduler.result(struck)

    assert (result.state, result.cause) == (AttemptState.FAILED, Cause.GPU)
    assert result.reason == (
        f"GPU 0 (NVIDIA A100-SXM4-40GB, {FIRST}) of the host failed (the driver reported Xid 79: "
        "it has fallen off the bus); that is no fault of the job."
    )
    scheduler.cancel(spared)
    assert (await scheduler.result(spared)).state is AttemptState.CANCELLED
    await poll_with(scheduler, 1)
    later = enqueue(scheduler, SHOW)
    assert await seen_by(scheduler, later) == [SECOND, SECOND]
    fault = "the driver reported Xid 79: it has fallen off the bus"
    assert scheduler.beats[-1].gpu_faults == {FIRST: fault}
    assert agent.log.count("GPU in quarantine") == 1
    assert FIRST in agent.log


@pytest.mark.parametrize(("xid", "cause"), [(79, Cause.GPU), (31, Cause.USER_ERROR)])
async def test_command_that_fails_with_its_device_is_not_blamed(
    agent: AgentProcess, scheduler: FakeScheduler, host: GpuHost, xid: int, cause: Cause
):
    host.install(FIRST)
    xids = Path(host.folder, "xids")
    code = f"open({str(xids)!r}, 'a').write('{FIRST} {xid}\\n'); raise SystemExit(1)"
    spec = enqueue(scheduler, code)
    await agent.start()
    result = await scheduler.result(spec)

    assert (result.state, result.cause) == (AttemptState.FAILED, cause)
    assert result.exit_code == 1


async def test_grant_without_a_device_goes_back(
    agent: AgentProcess, scheduler: FakeScheduler, host: GpuHost
):
    """As when a device fails while a grant is under way."""
    scheduler.is_generous = True
    host.install(FIRST)
    enqueue(scheduler, LAST)
    spec = enqueue(scheduler, SHOW)
    await agent.start()
    result = await scheduler.result(spec)

    assert (result.state, result.cause) == (AttemptState.RETURNED, Cause.INFRA)
    assert result.reason == "A GPU of the host failed before the attempt began."
    assert [accept.fence for accept in scheduler.accepts].count(spec.fence) == 0


async def test_what_an_attempt_made_of_its_devices_is_measured(
    agent: AgentProcess, scheduler: FakeScheduler, host: GpuHost
):
    host.install(FIRST, SECOND)
    host.set_state(FIRST, f"busy 50 {GIB}")
    host.set_state(SECOND, f"busy 100 {2 * GIB}")
    spec = enqueue(scheduler, LAST, gpus=2)
    await agent.start()

    def beaten() -> bool:
        held = [each for beat in scheduler.beats for each in beat.held]
        return any(each.usage.mean_gpu is not None for each in held)

    await eventually(beaten, within_seconds=30)
    scheduler.cancel(spec)
    usage = (await scheduler.result(spec)).usage

    assert (usage.mean_gpu, usage.peak_gpu_memory) == (0.75, 3 * GIB)
