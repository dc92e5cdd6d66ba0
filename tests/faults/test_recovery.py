"""The queue's Valkey, emptied or brought back as it was some time ago, in the middle of a batch."""

import shutil
import signal

import pytest
import pytest_asyncio

from mlmon_shared.clients.report_writer import ReportWriterClient
from mlmon_shared.clients.transport import Transport
from mlmon_shared.testing.polling import eventually
from mlmon_shared.wire.batches import BatchDocument
from mlmon_shared.wire.runs import RunDocument
from mlmon_shared.wire.states import BatchState, RunState
from mlmon_standalone.front import REPORT_WRITER
from tests.faults import checker
from tests.faults.harness import Cluster, in_the_middle
from tests.faults.workload import AT_ONCE, TOTALS, Workload, parents

pytestmark = pytest.mark.asyncio(loop_scope="module")

STOP_AFTER_SECONDS = 15.0
"""Longer than a recovery takes on a busy machine; nothing is granted for 3 s more."""


@pytest_asyncio.fixture(loop_scope="module")
async def cluster(own_cluster: Cluster) -> Cluster:
    """A cluster for each test: its epochs and streams are of no use to another."""
    return own_cluster


async def check_recovered(
    cluster: Cluster, workload: Workload, batch: BatchDocument
) -> dict[str, RunDocument]:
    """State what is true after a recovery; the streams of the epochs are not compared."""
    assert batch.state is BatchState.FINISHED
    assert batch.counts == TOTALS
    runs: dict[str, RunDocument] = {
        run.key or "": run async for run in cluster.client.list_runs(batch=batch.id)
    }
    assert len(runs) == sum(TOTALS.values())
    await checker._check_history(cluster, batch, list(runs.values()))
    await checker._check_published(cluster, runs)
    checker._check_ledger(runs, workload.entries())
    await checker._check_lineage(cluster, runs)
    await checker.check_host(cluster)
    for run in runs.values():
        # Nothing that ran was repeated, and each parent ended first (the ledger says so too).
        assert run.attempt == (0 if run.state is RunState.SKIPPED else 1), run.key
        assert all(runs[key].finished_at is not None for key in parents(run))
    return runs


async def count_epochs(cluster: Cluster) -> int:
    """Return how many epochs history has events of; one may be given and never used."""
    async with Transport(
        f"http://127.0.0.1:{cluster.ports[REPORT_WRITER]}",
        token=cluster.folder.service_token_file.read_text().strip(),
    ) as transport:
        shard = await ReportWriterClient(transport).get_shard("s0")
    return sum(stream.position != "0-0" for stream in shard.streams)


@pytest.mark.parametrize("stop_after_seconds", [STOP_AFTER_SECONDS])
async def test_emptied_valkey_while_history_lags_repeats_and_loses_nothing(
    cluster: Cluster, workload: Workload
):
    batch = await workload.submit(cluster.client, seconds=2.0)
    await in_the_middle(cluster, batch)

    # Results are accepted and runs granted that only the agents will know of.
    cluster.services[REPORT_WRITER].signal(signal.SIGSTOP)
    begun = len(workload.entries())
    await eventually(lambda: len(workload.entries()) >= begun + 2 * AT_ONCE, within_seconds=20)
    await cluster.events.redis.flushall()
    cluster.services[REPORT_WRITER].signal(signal.SIGCONT)
    batch = await cluster.client.wait_batch(batch, timeout=120)

    await check_recovered(cluster, workload, batch)
    assert await count_epochs(cluster) == 2


@pytest.mark.parametrize("stop_after_seconds", [STOP_AFTER_SECONDS])
async def test_valkey_from_an_earlier_copy_repeats_and_loses_nothing(
    cluster: Cluster, workload: Workload
):
    batch = await workload.submit(cluster.client, seconds=2.0)
    await in_the_middle(cluster, batch)

    data, copy = cluster.path / "valkey", cluster.path / "valkey-earlier"
    shutil.copytree(data, copy, ignore=shutil.ignore_patterns("run", "*.sock", "*.log"))
    begun = len(workload.entries())
    await eventually(lambda: len(workload.entries()) >= begun + 2 * AT_ONCE, within_seconds=20)
    cluster.queue.kill()
    for file in copy.rglob("appendonlydir"):
        target = data / file.relative_to(copy)
        shutil.rmtree(target)
        shutil.copytree(file, target)
    await cluster.queue.start_async()
    batch = await cluster.client.wait_batch(batch, timeout=120)

    await check_recovered(cluster, workload, batch)
    assert await count_epochs(cluster) == 2
