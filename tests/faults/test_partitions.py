"""A host that the network loses without a word, and that comes back."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from mlmon_shared.testing.polling import eventually
from mlmon_shared.wire.states import AttemptState
from tests.faults.checker import check_workload
from tests.faults.harness import Cluster, answered
from tests.faults.namespaces import NetworkNamespace, network_namespace
from tests.faults.workload import Workload

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.skipif(os.geteuid() != 0, reason="network namespaces need root"),
]
FAR = "far"
LENGTH_SECONDS = float(os.environ.get("MLMON_FAULTS_PARTITION_SECONDS", "0"))
"""How long the partition is at least; by default, until the others have done everything."""


@pytest.fixture
def namespace() -> Iterator[NetworkNamespace]:
    with network_namespace() as found:
        yield found


@pytest_asyncio.fixture(loop_scope="module")
async def workload(cluster: Cluster, tmp_path: Path, namespace: NetworkNamespace) -> Workload:
    """The workload, and two agents, of which one is far away."""
    workload = Workload(tmp_path, pool="partitioned")
    await workload.apply(cluster.client)
    await cluster.proxy.listen(namespace.address)
    await cluster.start_agents(workload.plans("near", FAR), namespaces={FAR: namespace})
    return workload


async def _held_by_far(cluster: Cluster) -> set[str]:
    agents = await cluster.client.agents()
    held = [attempt for agent in agents if agent.host == FAR for attempt in agent.held]
    return {attempt.partition(".")[0] for attempt in held}


async def _is_far_alive(cluster: Cluster) -> bool:
    return any(agent.is_alive for agent in await cluster.client.agents() if agent.host == FAR)


async def test_host_in_a_partition_stops_what_others_take_over_and_comes_back(
    cluster: Cluster, workload: Workload, namespace: NetworkNamespace
):
    batch = await workload.submit(cluster.client, seconds=15.0)

    async def far_runs_some() -> bool:
        started = {entry.run_id for entry in workload.entries()}
        return bool(started & await _held_by_far(cluster))

    await eventually(answered(far_runs_some), within_seconds=60)
    workload.set_pace(0.5)

    namespace.cut()
    heal_at = time.monotonic() + LENGTH_SECONDS
    await eventually(
        answered(lambda: _lost_all(cluster)), within_seconds=60, describe="far is lost"
    )
    batch = await cluster.client.wait_batch(batch, timeout=150)
    await eventually(lambda: time.monotonic() >= heal_at, within_seconds=LENGTH_SECONDS + 60)
    namespace.heal()
    await eventually(answered(lambda: _is_far_alive(cluster)), within_seconds=60)

    runs = await check_workload(cluster, workload, batch)
    lost = {
        attempt.host
        for run in runs.values()
        for attempt in run.attempts
        if attempt.state is AttemptState.LOST
    }
    assert lost == {FAR}


async def _lost_all(cluster: Cluster) -> bool:
    return not await _is_far_alive(cluster) and not await _held_by_far(cluster)
