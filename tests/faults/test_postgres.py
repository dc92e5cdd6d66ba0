import asyncio

from mlmon_shared.errors import MlmonError
from mlmon_shared.wire.states import AttemptState
from tests.faults.checker import check_workload
from tests.faults.harness import Cluster
from tests.faults.workload import Workload


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
