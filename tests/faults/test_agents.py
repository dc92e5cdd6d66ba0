"""Agents that are killed, cut off, or hear no answers."""

import signal
import time

import pytest

from mlmon_shared.testing.polling import eventually
from mlmon_shared.wire.states import AttemptState
from tests.faults.checker import attempts_in, check_workload
from tests.faults.harness import Cluster, answered, in_the_middle
from tests.faults.workload import AT_ONCE, PATIENT_SECONDS, Workload

pytestmark = pytest.mark.asyncio(loop_scope="module")
_ORPHANS_SECONDS = 30.0
"""Longer than it takes to lose an agent, on a slow machine as well."""


async def _has_lost_its_attempts(cluster: Cluster, name: str) -> bool:
    return not next(agent.held for agent in await cluster.client.agents() if agent.host == name)


async def test_killed_agent_loses_its_attempts_to_the_others_and_kills_what_it_left(
    cluster: Cluster, workload: Workload
):
    batch = await workload.submit(cluster.client, seconds=1.0)
    await in_the_middle(cluster, batch)
    workload.set_pace(_ORPHANS_SECONDS)
    since = time.time_ns()
    await eventually(lambda: len(workload.running_since(since)) == AT_ONCE, within_seconds=30)
    left = cluster.agents["left"]

    left.kill()
    workload.set_pace(0.5)
    await eventually(answered(lambda: _has_lost_its_attempts(cluster, "left")), within_seconds=30)
    orphans = [line for line in cluster.processes() if str(cluster.scratch("left")) in line]
    left.start()
    batch = await cluster.client.wait_batch(batch, timeout=120)

    runs = await check_workload(cluster, workload, batch)
    assert len(orphans) >= AT_ONCE // 2
    assert set(attempts_in(runs, AttemptState.LOST)) == {"left"}


@pytest.mark.parametrize("stop_after_seconds", [PATIENT_SECONDS])
async def test_agent_that_restarts_in_time_goes_on_with_what_it_left(
    cluster: Cluster, workload: Workload
):
    batch = await workload.submit(cluster.client, seconds=1.0)
    await in_the_middle(cluster, batch)
    cluster.agents["left"].kill()
    cluster.agents["left"].start()

    batch = await cluster.client.wait_batch(batch, timeout=120)

    runs = await check_workload(cluster, workload, batch)
    assert attempts_in(runs, AttemptState.LOST) == []


async def test_agent_cut_off_stops_its_attempts_before_they_run_elsewhere(
    cluster: Cluster, workload: Workload
):
    batch = await workload.submit(cluster.client, seconds=3.0)
    await in_the_middle(cluster, batch)
    workload.set_pace(0.5)

    cluster.proxy.cut()
    await eventually(
        answered(lambda: _nobody_is_alive(cluster)), within_seconds=90, describe="agents are lost"
    )
    cluster.proxy.heal()
    batch = await cluster.client.wait_batch(batch, timeout=120)

    await check_workload(cluster, workload, batch)


async def _nobody_is_alive(cluster: Cluster) -> bool:
    return not any(agent.is_alive for agent in await cluster.client.agents())


@pytest.mark.parametrize("stop_after_seconds", [PATIENT_SECONDS])
async def test_every_fifth_answer_is_lost_and_nothing_happens_twice(
    cluster: Cluster, workload: Workload
):
    cluster.proxy.drop_every = 5
    batch = await workload.submit(cluster.client)

    batch = await cluster.client.wait_batch(batch, timeout=120)
    cluster.proxy.drop_every = 0

    runs = await check_workload(cluster, workload, batch)
    assert {"POST poll", "POST accept", "POST results"} <= cluster.proxy.dropped.keys()
    assert attempts_in(runs, AttemptState.LOST) == []


async def test_paused_agent_goes_on_where_it_was(cluster: Cluster, workload: Workload):
    batch = await workload.submit(cluster.client, seconds=1.0)
    await in_the_middle(cluster, batch)
    left = cluster.agents["left"]

    left.signal(signal.SIGSTOP)
    await eventually(
        answered(lambda: _is_lost(cluster, "left")), within_seconds=90, describe="left is lost"
    )
    left.signal(signal.SIGCONT)
    batch = await cluster.client.wait_batch(batch, timeout=120)

    await check_workload(cluster, workload, batch)


async def _is_lost(cluster: Cluster, name: str) -> bool:
    return not any(agent.is_alive for agent in await cluster.client.agents() if agent.host == name)
