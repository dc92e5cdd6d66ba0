"""The queue's Valkey, killed or paused; and that of the log tails."""

import asyncio
import os
import signal

import pytest

from mlmon_shared.testing.polling import eventually
from tests.faults.checker import check_workload, lost_attempts
from tests.faults.harness import Cluster, in_the_middle
from tests.faults.workload import AT_ONCE, PATIENT_SECONDS, STOP_AFTER_SECONDS, Workload

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.mark.parametrize("stop_after_seconds", [PATIENT_SECONDS])
async def test_killed_valkey_comes_back_with_everything(cluster: Cluster, workload: Workload):
    batch = await workload.submit(cluster.client, seconds=1.0)
    await in_the_middle(cluster, batch)

    cluster.queue.kill()
    await cluster.queue.start_async()
    batch = await cluster.client.wait_batch(batch, timeout=120)

    runs = await check_workload(cluster, workload, batch)
    assert lost_attempts(runs) == []


# 3 s is a pause that nothing may even notice; the other is longer than agents wait.
@pytest.mark.parametrize(("seconds", "stop_after_seconds"), [(3.0, 12.0), (20.0, 12.0)])
async def test_paused_valkey_costs_no_attempt_that_had_ended(
    cluster: Cluster, workload: Workload, seconds: float
):
    batch = await workload.submit(cluster.client, seconds=1.0)
    await in_the_middle(cluster, batch)
    ends = workload.count_ends()
    # A command has just ended, and what it left is not stored yet.
    await eventually(lambda: workload.count_ends() > ends, within_seconds=30, every_seconds=0.005)

    os.kill(cluster.queue.pid, signal.SIGSTOP)
    await asyncio.sleep(seconds)  # the fault itself
    os.kill(cluster.queue.pid, signal.SIGCONT)
    batch = await cluster.client.wait_batch(batch, timeout=120)

    runs = await check_workload(cluster, workload, batch)
    # Commands end long before an agent stops them, so nothing but an early expiry loses them.
    assert lost_attempts(runs) == []


async def test_valkey_that_is_away_longer_than_agents_wait(cluster: Cluster, workload: Workload):
    batch = await workload.submit(cluster.client, seconds=3 * STOP_AFTER_SECONDS)
    await eventually(lambda: len(workload.entries()) == AT_ONCE, within_seconds=30)

    cluster.queue.kill()
    scratches = [cluster.scratch(name) for name in cluster.agents]
    await eventually(
        lambda: not any(list(folder.iterdir()) for folder in scratches),
        within_seconds=30,
        describe="agents have stopped what they ran",
    )
    workload.set_pace(0.5)
    await cluster.queue.start_async()
    batch = await cluster.client.wait_batch(batch, timeout=120)

    runs = await check_workload(cluster, workload, batch)
    assert len(lost_attempts(runs)) == AT_ONCE


@pytest.mark.parametrize("stop_after_seconds", [PATIENT_SECONDS])
async def test_killed_log_tails_cost_no_attempt(cluster: Cluster, workload: Workload):
    batch = await workload.submit(cluster.client)
    await in_the_middle(cluster, batch)

    cluster.logs.kill()
    begun = len(workload.entries())
    await eventually(lambda: len(workload.entries()) >= begun + AT_ONCE, within_seconds=30)
    await cluster.logs.start_async()
    batch = await cluster.client.wait_batch(batch, timeout=120)

    runs = await check_workload(cluster, workload, batch)
    assert lost_attempts(runs) == []
