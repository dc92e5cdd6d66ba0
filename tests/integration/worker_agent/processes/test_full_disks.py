"""A host whose disk fills up, or that cannot be made clean."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from mlmon_shared.testing.polling import eventually
from mlmon_shared.wire.agent_protocol import Vector
from mlmon_shared.wire.states import AttemptState
from mlmon_worker_agent.adapters.hosts import LocalHost
from mlmon_worker_agent.adapters.process.runtime import ProcessRuntime
from mlmon_worker_agent.adapters.secret_folders import DEFAULT_FOLDER, SecretFolders
from mlmon_worker_agent.application.held_attempts import HeldAttempts
from mlmon_worker_agent.application.keep_host import HostKeeper
from mlmon_worker_agent.domain.disk_space import DiskLimits
from tests.faults.disks import MIB, small_tmpfs
from tests.integration.worker_agent.conftest import FakeScheduler
from tests.integration.worker_agent.processes.conftest import AgentProcess

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="mounting a tmpfs needs root")


@pytest.fixture
def small_state(tmp_path: Path) -> Iterator[Path]:
    """The agent's state folder, on a small disk; requested before the agent, it outlives it."""
    folder = tmp_path / "state"
    with small_tmpfs(folder, 400 * MIB):
        yield folder


async def test_host_takes_attempts_again_once_its_disk_has_space(
    small_state: Path, scheduler: FakeScheduler, agent: AgentProcess
) -> None:
    ballast = small_state / "ballast"
    ballast.write_bytes(bytes(365 * MIB))
    await agent.start(disk_limit_percent="90")
    beat = await eventually(lambda: next((each for each in scheduler.beats if each.refusal), None))
    assert beat.refusal == "The host's disk is 91 % full; from 90 % on it takes no attempts."
    spec = scheduler.python("print('at last')")
    refused = len(scheduler.polls)
    await eventually(lambda: len(scheduler.polls) > refused)
    assert scheduler.polls[-1].maximum == 0

    ballast.unlink()
    result = await scheduler.result(spec)

    assert result.state is AttemptState.SUCCEEDED
    assert scheduler.beats[-1].refusal == ""


async def test_host_that_cannot_be_made_clean_takes_no_attempts(tmp_path: Path) -> None:
    root = tmp_path / "run-1.1"
    root.mkdir()
    held = HeldAttempts(Vector(cpu_milli=1000, memory=100, disk=50))
    secrets = SecretFolders(DEFAULT_FOLDER, str(tmp_path))
    keeper = HostKeeper(
        runtime=ProcessRuntime(tmp_path, {}, api_url="http://scheduler", secrets=secrets),
        held=held,
        host=LocalHost(tmp_path),
        limits=DiskLimits(image_percent=100.0, full_percent=100.0),
    )

    with small_tmpfs(root, MIB):
        await keeper.sweep()
        told = held.refusal
    await keeper.sweep()

    assert told.startswith(f"The host is not clean: the folder {root} cannot be removed: ")
    assert held.refusal == ""
    assert not root.exists()
