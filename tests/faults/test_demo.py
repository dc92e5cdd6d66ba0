"""The flight demo, with every fault, one after the other while one batch goes on.

The demo takes most of a minute, so that a test of all faults, each during a demo of its own, would
take too long for every run of CI. By hand:

    MLMON_DEMO_FAULTS=each ./run test tests/faults/test_demo.py -n 0

runs the demo once for each fault of `FAULTS`; `MLMON_DEMO_FAULTS=kill-valkey,stop-postgres` once
for each of these, and `MLMON_DEMO_FAULTS=none` undisturbed.
"""

import asyncio
import json
import os
import signal
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Final

import pytest

from mlmon_shared.testing.polling import eventually
from mlmon_shared.wire.batches import BatchDocument
from mlmon_shared.wire.runs import RunDocument
from mlmon_shared.wire.states import BatchState, RunState
from mlmon_standalone import demo_batches
from mlmon_standalone.front import CONFIG_API, REPORT_WRITER, SCHEDULER
from mlmon_worker_agent.adapters.runtimes import RuntimeKind
from tests.faults.checker import check_batch, check_host
from tests.faults.disks import MIB, fill, small_tmpfs
from tests.faults.harness import Cluster, answered

pytestmark = pytest.mark.asyncio(loop_scope="module")
TOTALS: Final = {RunState.SUCCEEDED: 31, RunState.FAILED: 1, RunState.SKIPPED: 1}
AUCS: Final = json.loads((Path(__file__).parent / "demo_aucs.json").read_text())
"""By airline, as without a fault: the jobs are deterministic."""
AIRLINES: Final = (
    "9E", "AA", "AS", "B6", "DL", "EV", "F9", "FL", "HA", "MQ", "OO", "UA", "US", "VX", "WN", "YV",
)  # fmt: skip
_PAUSE_SECONDS: Final = 20.0


async def kill_agent(cluster: Cluster) -> None:
    agent = cluster.agents["cpu-1"]
    agent.kill()
    agent.start()


async def kill_scheduler(cluster: Cluster) -> None:
    cluster.services[SCHEDULER].kill()
    await cluster.restart(SCHEDULER)


async def kill_report_writer(cluster: Cluster) -> None:
    cluster.services[REPORT_WRITER].kill()
    await cluster.restart(REPORT_WRITER)


async def kill_valkey(cluster: Cluster) -> None:
    cluster.queue.kill()
    await cluster.queue.start_async()


async def pause_valkey(cluster: Cluster) -> None:
    async with cluster.events.at_rest():
        os.kill(cluster.queue.pid, signal.SIGSTOP)
        await asyncio.sleep(_PAUSE_SECONDS)  # the fault itself
        os.kill(cluster.queue.pid, signal.SIGCONT)


async def stop_postgres(cluster: Cluster) -> None:
    await cluster.postgres.stop_async()
    await ended_after(cluster, more=3)
    await cluster.postgres.start_async()


async def restart_config_api(cluster: Cluster) -> None:
    await cluster.services[CONFIG_API].stop()
    await ended_after(cluster, more=1)
    await cluster.restart(CONFIG_API)


async def lose_answers(cluster: Cluster) -> None:
    cluster.proxy.drop_every = 5


async def double_events(cluster: Cluster) -> None:
    cluster.events.is_doubling = True


async def fill_artifacts(cluster: Cluster) -> None:
    ballast = fill(cluster.folder.artifacts)

    def is_refused() -> bool:
        return any("disk is full" in agent.log.read_text() for agent in cluster.agents.values())

    await eventually(is_refused, within_seconds=60)
    ballast.unlink()


Fault = Callable[[Cluster], Awaitable[None]]
FAULTS: Final[dict[str, Fault]] = {
    "kill-agent": kill_agent,
    "kill-scheduler": kill_scheduler,
    "kill-valkey": kill_valkey,
    "stop-postgres": stop_postgres,
    "restart-config-api": restart_config_api,
    "kill-report-writer": kill_report_writer,
    # These two go on to the end.
    "lose-answers": lose_answers,
    "double-events": double_events,
    "fill-artifacts": fill_artifacts,
    "pause-valkey": pause_valkey,
}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    wanted = os.environ.get("MLMON_DEMO_FAULTS", "all")
    chosen: dict[str, list[list[str]]] = {
        "all": [list(FAULTS)],
        "each": [[name] for name in FAULTS],
        "none": [[]],
    }
    series = chosen.get(wanted, [[name] for name in wanted.split(",")])
    if os.geteuid() != 0:
        # Only root can mount a file system.
        series = [[name for name in names if name != "fill-artifacts"] for names in series]
    ids = ["all" if names == list(FAULTS) else "+".join(names) or "none" for names in series]
    metafunc.parametrize("faults", series, ids=ids)


@pytest.fixture
def cluster(own_cluster: Cluster) -> Cluster:
    return own_cluster


@pytest.fixture(autouse=True)
def artifacts_on_tmpfs(request: pytest.FixtureRequest, cluster_folder: Path) -> Iterator[None]:
    """A file system that can be filled, if the test is to."""
    if "fill-artifacts" not in request.node.callspec.params["faults"]:
        yield
        return
    with small_tmpfs(cluster_folder / "artifacts", 64 * MIB):
        yield


async def ended_after(cluster: Cluster, *, more: int) -> None:
    """Wait until so many further runs of the demo have ended."""
    before: list[int] = []

    async def has_gone_on() -> bool:
        counts = (await cluster.client.get_batch(cluster.batch_id)).counts
        now = sum(counts.get(state, 0) for state in TOTALS)
        before.append(now)
        return now >= min(before[0] + more, sum(TOTALS.values()))

    await eventually(answered(has_gone_on), within_seconds=120, every_seconds=0.1)


async def start_demo(cluster: Cluster) -> BatchDocument:
    example = demo_batches.find_example()
    await demo_batches.apply_example(cluster.client, example)
    await cluster.start_agents(demo_batches.plan_agents(example, RuntimeKind.PROCESS))
    return await cluster.client.submit_batch(demo_batches.list_items(example), name="flight-delays")


def parents(run: RunDocument) -> list[str]:
    return {
        demo_batches.TRAIN: [],
        demo_batches.SCORE: [f"train-{run.client}"],
        demo_batches.SUMMARY: [f"score-{name}" for name in AIRLINES],
    }[run.job]


@pytest.mark.timeout(400)
async def test_demo_ends_as_if_nothing_had_happened(cluster: Cluster, faults: list[str]):
    batch = await start_demo(cluster)
    cluster.batch_id = batch.id
    await ended_after(cluster, more=2)

    for name in faults:
        state = (await cluster.client.get_batch(batch)).state
        assert state is not BatchState.FINISHED, f"the demo ended before {name}"
        await FAULTS[name](cluster)
        await ended_after(cluster, more=1)
    batch = await cluster.client.wait_batch(batch, timeout=240)
    cluster.proxy.drop_every = 0
    cluster.events.is_doubling = False

    runs = await check_batch(cluster, batch, totals=TOTALS, parents=parents)
    await check_host(cluster)
    assert {
        key: run.metrics["auc"] for key, run in runs.items() if "auc" in run.metrics
    } == pytest.approx(AUCS, abs=1e-6)
