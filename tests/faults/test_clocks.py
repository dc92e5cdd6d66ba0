"""Hosts whose clocks are wrong by hours: libfaketime shifts those of single processes."""

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mlmon_standalone.front import SCHEDULER
from tests.faults.checker import check_workload, lost_attempts
from tests.faults.harness import Cluster, in_the_middle
from tests.faults.workload import PATIENT_SECONDS, Workload

pytestmark = pytest.mark.asyncio(loop_scope="module")


def shifted(offset: str) -> dict[str, str]:
    """Return variables that shift the clock, but not the monotonic one, of who is started so."""
    found = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
    if not found:
        why = "libfaketime is not installed: apt-get install libfaketime"
        if os.environ.get("CI") == "true":
            pytest.fail(why)
        pytest.skip(why)
    return {
        "LD_PRELOAD": str(found[0]),
        "FAKETIME": offset,
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }


def clock_of(log: Path) -> datetime:
    """Return the time of the last line of a log, as its writer saw it."""
    *_, last = log.read_text().splitlines()
    return datetime.fromisoformat(json.loads(last)["timestamp"])


async def test_wrong_clocks_of_agents_and_scheduler_cost_nothing(cluster: Cluster, tmp_path: Path):
    workload = Workload(tmp_path, pool="faults-clocks")
    await workload.apply(cluster.client, stop_after_seconds=PATIENT_SECONDS)
    await cluster.start_agents(
        workload.plans("ahead", "behind"),
        environments={"ahead": shifted("+3h"), "behind": shifted("-3h")},
    )
    batch = await workload.submit(cluster.client, seconds=1.0)
    await in_the_middle(cluster, batch)
    # It goes on with what the one before it has left, ten days later or so it thinks.
    cluster.services[SCHEDULER].kill()
    await cluster.restart(SCHEDULER, **shifted("+10d"))

    batch = await cluster.client.wait_batch(batch, timeout=120)

    runs = await check_workload(cluster, workload, batch)
    assert lost_attempts(runs) == []
    now = datetime.now(UTC)
    for name, hours in (("ahead", 3), ("behind", -3)):
        wrong_by = clock_of(cluster.agents[name].log) - now
        assert abs(wrong_by - timedelta(hours=hours)) < timedelta(minutes=10), name
    assert clock_of(cluster.services[SCHEDULER].log) - now > timedelta(days=9)
    assert all(
        abs(moment - now) < timedelta(minutes=10)
        for run in runs.values()
        for attempt in run.attempts
        for moment in (attempt.accepted_at, attempt.finished_at)
        if moment is not None
    )
    await cluster.services[SCHEDULER].stop()
    await cluster.restart(SCHEDULER)
