"""An MLMon for the faults of a module, and one of their own for those that need it."""

import itertools
from collections.abc import AsyncIterator, Generator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import pytest_asyncio

from mlmon_shared.testing.plugin import temporary_server_folder
from tests.faults.harness import Cluster, keep_logs, running_cluster
from tests.faults.workload import STOP_AFTER_SECONDS, Workload

pytest.register_assert_rewrite("tests.faults.checker")

_HAS_PASSED = pytest.StashKey[bool]()
_pool_numbers = itertools.count(1)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Note for the item's fixtures how it went."""
    report = yield
    if report.when == "call":
        item.stash[_HAS_PASSED] = report.passed
    return report


class SharedCluster:
    """Runs when first asked for; one that a test has left in disorder is not given to another."""

    def __init__(self) -> None:
        self._stack = AsyncExitStack()
        self._cluster: Cluster | None = None

    async def running(self) -> Cluster:
        if self._cluster is None:
            folder = self._stack.enter_context(temporary_server_folder()) / "mlmon"
            folder.mkdir()
            self._cluster = await self._stack.enter_async_context(running_cluster(folder))
        return self._cluster

    async def stop(self) -> None:
        self._cluster = None
        await self._stack.aclose()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared_cluster() -> AsyncIterator[SharedCluster]:
    shared = SharedCluster()
    yield shared
    await shared.stop()


@pytest_asyncio.fixture(loop_scope="module")
async def cluster(
    shared_cluster: SharedCluster, request: pytest.FixtureRequest
) -> AsyncIterator[Cluster]:
    """A cluster without agents, with what earlier tests of the module have stored."""
    cluster = await shared_cluster.running()
    yield cluster
    keep_logs(cluster, request.node.name)
    if request.node.stash.get(_HAS_PASSED, False):
        await cluster.start_anew()
    else:
        await shared_cluster.stop()


@pytest.fixture
def cluster_folder() -> Iterator[Path]:
    """Of `own_cluster`."""
    with temporary_server_folder() as folder:
        (folder / "mlmon").mkdir()
        yield folder / "mlmon"


@pytest_asyncio.fixture(loop_scope="module")
async def own_cluster(
    cluster_folder: Path, request: pytest.FixtureRequest
) -> AsyncIterator[Cluster]:
    """A cluster for one test, which may do to its folder what it likes."""
    async with running_cluster(cluster_folder) as cluster:
        yield cluster
        keep_logs(cluster, request.node.name)


@pytest.fixture
def agent_settings() -> dict[str, str]:
    """Further settings of the workload's agents, without their prefix."""
    return {}


@pytest.fixture
def stop_after_seconds() -> float:
    """How long the workload's agents go on without the scheduler."""
    return STOP_AFTER_SECONDS


@pytest_asyncio.fixture(loop_scope="module")
async def workload(
    cluster: Cluster,
    tmp_path: Path,
    agent_settings: dict[str, str],
    stop_after_seconds: float,
) -> Workload:
    """The workload, applied, and two agents to run it."""
    workload = Workload(tmp_path, pool=f"faults-{next(_pool_numbers)}")
    await workload.apply(cluster.client, stop_after_seconds=stop_after_seconds)
    await cluster.start_agents(workload.plans("left", "right"), settings=agent_settings)
    return workload
