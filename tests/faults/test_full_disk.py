"""File systems that fill up: that of the artifact folder, and that of a host's scratch folder.

A small tmpfs needs root, as CI has. An ordinary user gets the same refusal of the same write from a
limit on the scheduler's file sizes.
"""

import os
import resource
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from mlmon_shared.testing.polling import eventually
from mlmon_shared.wire.batches import BatchDocument
from mlmon_shared.wire.states import AttemptState, Cause
from mlmon_standalone.front import SCHEDULER
from tests.faults.checker import check_workload
from tests.faults.disks import MIB, fill, small_tmpfs
from tests.faults.harness import Cluster, answered, in_the_middle
from tests.faults.workload import Workload

pytestmark = pytest.mark.asyncio(loop_scope="module")
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="mounting a tmpfs needs root")


async def first_failure(cluster: Cluster, batch: BatchDocument) -> tuple[Cause | None, str]:
    """Wait until an attempt has failed of itself; return its cause and reason."""
    found: list[tuple[Cause | None, str]] = []

    async def has_failed() -> bool:
        async for run in cluster.client.list_runs(batch=batch):
            found.extend(
                (attempt.cause, attempt.reason or "")
                for attempt in run.attempts
                if attempt.state is AttemptState.FAILED and attempt.cause is not Cause.USER_ERROR
            )
        return bool(found)

    await eventually(answered(has_failed), within_seconds=60, every_seconds=0.1)
    return found[0]


@pytest.fixture
def cluster(own_cluster: Cluster) -> Cluster:
    return own_cluster


@pytest.fixture
def agent_settings() -> dict[str, str]:
    """Agents that do not wait for better times."""
    return {"TRANSFER_PATIENCE_SECONDS": "1"}


@pytest.fixture
def artifacts_on_tmpfs(cluster_folder: Path) -> Iterator[Path]:
    with small_tmpfs(cluster_folder / "artifacts", 4 * MIB):
        yield cluster_folder / "artifacts"


@needs_root
async def test_full_artifact_store_is_named_and_recovers(
    artifacts_on_tmpfs: Path, cluster: Cluster, workload: Workload
):
    ballast = fill(artifacts_on_tmpfs)
    batch = await workload.submit(cluster.client)

    cause, reason = await first_failure(cluster, batch)
    ballast.unlink()
    batch = await cluster.client.wait_batch(batch, timeout=120)

    await check_workload(cluster, workload, batch)
    assert cause is Cause.INFRA
    assert "the artifact store cannot take the file: its disk is full" in reason


async def test_refused_write_of_an_artifact_is_named_and_recovers(
    cluster: Cluster, workload: Workload
):
    scheduler = cluster.services[SCHEDULER]
    scheduler.limit_file_size(MIB)
    batch = await workload.submit(cluster.client, padding=2 * MIB)

    cause, reason = await first_failure(cluster, batch)
    scheduler.limit_file_size(resource.RLIM_INFINITY)
    batch = await cluster.client.wait_batch(batch, timeout=120)

    await check_workload(cluster, workload, batch)
    assert cause is Cause.INFRA
    assert "the artifact store cannot take the file" in reason


@pytest.fixture
def left_on_tmpfs(cluster_folder: Path) -> Iterator[Path]:
    scratch = cluster_folder / "agents" / "left" / "scratch"
    with small_tmpfs(scratch, 256 * MIB):
        yield scratch


@needs_root
async def test_host_with_a_full_disk_takes_no_more_until_there_is_room(
    left_on_tmpfs: Path, cluster: Cluster, workload: Workload
):
    batch = await workload.submit(cluster.client, seconds=1.0)
    await in_the_middle(cluster, batch)
    workload.set_pace(4.0)
    since = time.time_ns()

    def left_has_begun() -> bool:
        # Nothing else: what ends right after the disk is filled would free some of it again.
        held = {folder.name for folder in left_on_tmpfs.iterdir()}
        begun = {f"{e.run_id}.{e.attempt}" for e in workload.running_since(since)}
        return bool(held) and held <= begun

    await eventually(left_has_begun, within_seconds=30)
    ballast = fill(left_on_tmpfs)
    workload.set_pace(1.0)
    cause, reason = await first_failure(cluster, batch)
    await eventually(lambda: _is_idle(cluster), within_seconds=30)
    runs_before = await _attempts_on(cluster, batch, "left")
    ended_before = (await cluster.client.get_batch(batch)).counts

    async def others_went_on() -> bool:
        return (await cluster.client.get_batch(batch)).counts != ended_before

    await eventually(answered(others_went_on), within_seconds=30)
    runs_meanwhile = await _attempts_on(cluster, batch, "left")
    ballast.unlink()

    async def takes_work_again() -> bool:
        return await _attempts_on(cluster, batch, "left") != runs_meanwhile

    await eventually(answered(takes_work_again), within_seconds=30)
    batch = await cluster.client.wait_batch(batch, timeout=120)

    await check_workload(cluster, workload, batch)
    assert cause is Cause.DISK
    assert "disk" in reason
    assert runs_meanwhile == runs_before


async def _is_idle(cluster: Cluster) -> bool:
    return next(a.held == [] for a in await cluster.client.agents() if a.host == "left")


async def _attempts_on(cluster: Cluster, batch: BatchDocument, host: str) -> list[str]:
    return [
        attempt.id
        async for run in cluster.client.list_runs(batch=batch)
        for attempt in run.attempts
        if attempt.host == host
    ]
