"""The services and PostgreSQL, killed or stopped one at a time; and a batch without any fault."""

import asyncio

import pytest

from mlmon_shared.errors import MlmonError
from mlmon_shared.wire.states import AttemptState
from mlmon_standalone.front import CONFIG_API, SCHEDULER
from tests.faults.checker import check_workload
from tests.faults.harness import Cluster, in_the_middle
from tests.faults.workload import PATIENT_SECONDS, Workload

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_undisturbed_batch_has_the_totals_of_all_others(cluster: Cluster, workload: Workload):
    batch = await workload.submit(cluster.client)

    batch = await cluster.client.wait_batch(batch, timeout=90)

    runs = await check_workload(cluster, workload, batch)
    assert {run.attempt for run in runs.values()} == {0, 1}


@pytest.mark.parametrize("stop_after_seconds", [PATIENT_SECONDS])
async def test_killed_scheduler_goes_on_without_losing_an_attempt(
    cluster: Cluster, workload: Workload
):
    batch = await workload.submit(cluster.client, seconds=1.0)
    await in_the_middle(cluster, batch)

    for _ in range(2):
        cluster.services[SCHEDULER].kill()
        await cluster.restart(SCHEDULER)
    batch = await cluster.client.wait_batch(batch, timeout=120)

    runs = await check_workload(cluster, workload, batch)
    states = {attempt.state for run in runs.values() for attempt in run.attempts}
    assert AttemptState.LOST not in states


async def test_whole_batch_ends_without_postgres_and_reports_catch_up(
    cluster: Cluster, workload: Workload
):
    await cluster.agents_are_known()
    await cluster.postgres.stop_async()
    batch = await workload.submit(cluster.client)

    batch = await cluster.client.wait_batch(batch, timeout=90)
    is_served = await asyncio.gather(cluster.history.list_runs(), return_exceptions=True)
    await cluster.postgres.start_async()

    runs = await check_workload(cluster, workload, batch)
    states = {attempt.state for run in runs.values() for attempt in run.attempts}
    assert states == {AttemptState.SUCCEEDED, AttemptState.FAILED}
    assert isinstance(is_served[0], MlmonError)


async def test_known_definitions_are_submitted_and_run_without_config_api(
    cluster: Cluster, workload: Workload
):
    await cluster.agents_are_known()
    cluster.services[CONFIG_API].kill()
    batch = await workload.submit(cluster.client)
    await in_the_middle(cluster, batch)
    # A scheduler that starts meanwhile goes on from the copy in Redis.
    cluster.services[SCHEDULER].kill()
    await cluster.restart(SCHEDULER)

    batch = await cluster.client.wait_batch(batch, timeout=120)
    await cluster.restart(CONFIG_API)

    await check_workload(cluster, workload, batch)
