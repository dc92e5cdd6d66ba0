from mlmon_standalone.front import CONFIG_API, SCHEDULER
from tests.faults.checker import check_workload
from tests.faults.harness import Cluster, in_the_middle
from tests.faults.workload import Workload


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
