from tests.faults.checker import check_workload
from tests.faults.harness import Cluster
from tests.faults.workload import Workload


async def test_undisturbed_batch_has_the_totals_of_all_others(cluster: Cluster, workload: Workload):
    batch = await workload.submit(cluster.client)

    batch = await cluster.client.wait_batch(batch, timeout=90)

    runs = await check_workload(cluster, workload, batch)
    assert {run.attempt for run in runs.values()} == {0, 1}
