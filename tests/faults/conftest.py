"""One MLMon of its own for each fault."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from mlmon_shared.testing.plugin import temporary_server_folder
from tests.faults.harness import Cluster, running_cluster
from tests.faults.workload import STOP_AFTER_SECONDS, Workload

pytest.register_assert_rewrite("tests.faults.checker")


@pytest.fixture
def cluster_folder() -> Iterator[Path]:
    with temporary_server_folder() as folder:
        (folder / "mlmon").mkdir()
        yield folder / "mlmon"


@pytest_asyncio.fixture
async def cluster(cluster_folder: Path, request: pytest.FixtureRequest) -> AsyncIterator[Cluster]:
    async with running_cluster(cluster_folder, name=request.node.name) as cluster:
        yield cluster


@pytest.fixture
def agent_settings() -> dict[str, str]:
    """Further settings of the workload's agents, without their prefix."""
    return {}


@pytest.fixture
def stop_after_seconds() -> float:
    """How long the workload's agents go on without the scheduler."""
    return STOP_AFTER_SECONDS


@pytest_asyncio.fixture
async def workload(
    cluster: Cluster,
    cluster_folder: Path,
    agent_settings: dict[str, str],
    stop_after_seconds: float,
) -> Workload:
    """The workload, applied, and two agents to run it."""
    workload = Workload(cluster_folder.parent)
    await workload.apply(cluster.client, stop_after_seconds=stop_after_seconds)
    await cluster.start_agents(workload.plans("left", "right"), **agent_settings)
    return workload
