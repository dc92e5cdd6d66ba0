"""Jobs a second from a full queue over real HTTP, beside other queues in the same run."""

import argparse
import asyncio
import statistics
import time
from collections import defaultdict
from collections.abc import Sequence
from contextlib import AsyncExitStack
from typing import Final

import psutil

from mlmon_shared.testing.plugin import temporary_server_folder
from mlmon_shared.testing.polling import eventually
from mlmon_shared.wire.batches import BatchItem, BatchSubmission
from mlmon_shared.wire.states import BatchState
from tests.bench.clusters import NOTHING, Cluster, running_cluster
from tests.bench.reports import Goal, report_rows
from tests.bench.rival_queues import RIVALS, open_rivals
from tests.bench.simulated_agents import SimulatedAgent, registered

NAME: Final = "drain"
_BATCHES: Final = (1, 8, 32)
_LEASE_LIMIT: Final = 16
"""Of grants in one answer; a batch of 32 is two polls and one report."""
_AGENTS: Final = 48
_GOALS: Final = [
    (8, "bullmq", 1.0),
    (8, "dramatiq", 2.0),
    (8, "celery", 10.0),
    (1, "celery", 2.0),
]


def main(arguments: Sequence[str]) -> None:
    """Alternate all pair by pair; 4 minutes."""
    parser = argparse.ArgumentParser(prog=NAME, description=__doc__)
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--jobs", type=int, default=2000, help="of ours, for each batch size")
    parser.add_argument("--rivals", default=",".join(RIVALS), help="comma-separated, or empty")
    options = parser.parse_args(arguments)
    names = [name for name in options.rivals.split(",") if name]
    asyncio.run(_measure(options.pairs, options.jobs, names))


async def _measure(pairs: int, jobs: int, names: list[str]) -> None:
    rates: dict[str, list[float]] = defaultdict(list)
    spent: dict[str, list[float]] = defaultdict(list)
    async with AsyncExitStack() as stack:
        folder = stack.enter_context(temporary_server_folder())
        rivals = []
        if names:
            rivals = await stack.enter_async_context(open_rivals(names, folder))
        cluster = await stack.enter_async_context(running_cluster())
        agents = await registered(cluster.address, cluster.agent_token, _AGENTS)
        for _ in range(pairs):
            for batch in _BATCHES:
                await _fill(cluster, jobs)
                before = _processor_times(cluster)
                seconds = await _drain(agents, batch, jobs)
                rates[_ours(batch)].append(jobs / seconds)
                for name, used in _processor_times(cluster).items():
                    spent[f"{_ours(batch)}: {name}"].append((used - before[name]) / jobs * 1e6)
            for rival in rivals:
                rates[rival.name].append(await rival.drain(RIVALS[rival.name]))
        for agent in agents:
            agent.close()
    _report(rates, spent, pairs)


def _ours(batch: int) -> str:
    return f"mlmon, batch {batch}"


async def _fill(cluster: Cluster, jobs: int) -> None:
    items = [
        BatchItem(key=str(number), job=NOTHING["name"], client="acme") for number in range(jobs)
    ]
    batch = await cluster.scheduler.submit_batch(BatchSubmission(items=items))

    async def is_loaded() -> bool:
        return (await cluster.scheduler.get_batch(batch.id)).state is not BatchState.LOADING

    await eventually(is_loaded, within_seconds=120, describe="the batch is loaded")


async def _drain(agents: Sequence[SimulatedAgent], batch: int, jobs: int) -> float:
    """Execute everything; return seconds."""
    ended = 0

    async def work(agent: SimulatedAgent) -> None:
        nonlocal ended
        while ended < jobs:
            held = []
            for maximum in (min(batch, _LEASE_LIMIT), batch - _LEASE_LIMIT):
                if maximum > 0:
                    grants = (await agent.poll(maximum, timeout_seconds=0))["grants"]
                    if grants:
                        await agent.accept_all(grants)
                        held += grants
            if not held:
                return
            await agent.succeed(held)
            ended += len(held)

    begun = time.perf_counter()
    await asyncio.gather(*(work(agent) for agent in agents))
    if ended != jobs:
        raise RuntimeError(f"{ended} of {jobs} jobs were granted")
    return time.perf_counter() - begun


def _processor_times(cluster: Cluster) -> dict[str, float]:
    """Return the processor seconds of each process so far; the load generator is one."""
    processes = {
        **cluster.processes,
        "valkey": psutil.Process(cluster.queue.pid),
        "load generator": psutil.Process(),
    }
    return {
        name: process.cpu_times().user + process.cpu_times().system
        for name, process in processes.items()
    }


def _report(rates: dict[str, list[float]], spent: dict[str, list[float]], pairs: int) -> None:
    def ratio(batch: int, rival: str) -> float:
        couples = zip(rates[_ours(batch)], rates[rival], strict=True)
        return float(statistics.median(ours / theirs for ours, theirs in couples))

    rows: list[Sequence[str]] = []
    results: dict[str, object] = {}
    ours = [_ours(batch) for batch in _BATCHES]
    for name, values in rates.items():
        figures = [statistics.median(values), min(values), max(values)]
        shares = ["" if name in ours else f"{ratio(batch, name):.2f}" for batch in _BATCHES]
        rows.append((name, *(f"{figure:.0f}/s" for figure in figures), *shares))
        results[name] = round(figures[0])
        if name not in ours:
            results[f"ratios to {name}"] = {
                str(batch): round(ratio(batch, name), 3) for batch in _BATCHES
            }
    results["processor µs a job"] = {
        name: round(statistics.median(values)) for name, values in spent.items()
    }
    report_rows(
        NAME,
        ("what", "median", "lowest", "highest", *(f"ours at {batch}" for batch in _BATCHES)),
        rows,
        [
            Goal(f"batch_{batch}_over_{rival}", ratio(batch, rival), goal, "higher")
            for batch, rival, goal in _GOALS
            if rival in rates
        ],
        rounds=pairs,
        results=results,
    )
