import pytest

from mlmon_shared.wire.states import AttemptState
from mlmon_standalone.front import SCHEDULER
from tests.faults.checker import check_workload
from tests.faults.harness import Cluster, in_the_middle
from tests.faults.workload import PATIENT_SECONDS, Workload


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
