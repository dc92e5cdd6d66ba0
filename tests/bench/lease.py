"""What the store's server spends on a job as the queue grows, and whether it grants in order."""

import argparse
import asyncio
import itertools
import statistics
from collections import defaultdict
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Final, TypeVar

from mlmon_scheduler.application.stored import LeasedRun
from mlmon_shared.testing.plugin import temporary_server_folder
from mlmon_shared.wire.agent_protocol import Vector
from tests.bench.backlogs import AGENTS, GIB, Backlog, Population, Store, open_store
from tests.bench.grant_checks import Checked, check_grants
from tests.bench.reports import Goal, report_rows

T = TypeVar("T")
NAME: Final = "lease"
_BATCHES: Final = (1, 8, 32)
_JOBS: Final = 256
_JOBS_THAT_FIT: Final = 64
"""Of those that a nearly full host has room for; the smallest queue has few."""
_NEARLY_FULL: Final = Vector(cpu_milli=1000, memory=2 * GIB)
"""Five of the forty shapes fit."""
_WIDE: Final = Vector(cpu_milli=10**9, memory=2**50, gpus=10**6, disk=2**50)
_CRITICAL_SHARE: Final = 0.1
_BYTES_GOAL: Final = 700
_GOALS: Final = {(1_000_000, 100_000): 1.25, (1_000_000, 1_000): 1.6}


@dataclass(frozen=True)
class Cost:
    """Microseconds of the server for one job."""

    lease: float
    accept: float
    complete: float

    @property
    def total(self) -> float:
        """From the grant to the end."""
        return self.lease + self.accept + self.complete


def main(arguments: Sequence[str]) -> None:
    """Do all depths by turns; 2 minutes, and 10 with `--depths 1000,100000,1000000`."""
    parser = argparse.ArgumentParser(prog=NAME, description=__doc__)
    parser.add_argument("--depths", default="1000,100000", help="queued runs, comma-separated")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--checked", type=int, default=400, help="grants that the oracle checks")
    parser.add_argument("--checked-depth", type=int, default=5000, help="queued runs behind them")
    options = parser.parse_args(arguments)
    depths = [int(depth) for depth in options.depths.split(",")]
    asyncio.run(_measure(depths, options.rounds, options.checked, options.checked_depth))


async def _measure(depths: list[int], rounds: int, checked: int, checked_depth: int) -> None:
    costs: dict[tuple[int, str], list[Cost]] = defaultdict(list)
    sizes: dict[int, float] = {}
    async with AsyncExitStack() as stack:
        folder = stack.enter_context(temporary_server_folder())
        stores: dict[int, tuple[Store, Backlog]] = {}
        for depth in depths:
            store = await stack.enter_async_context(open_store(folder, f"valkey-{depth}"))
            backlog = Backlog(Population(), seed=depth)
            sizes[depth] = await store.prepare(backlog, depth)
            stores[depth] = (store, backlog)
        for number in range(rounds + 1):
            for depth, (store, backlog) in stores.items():
                for batch in _BATCHES:
                    cost = await _serve(store, backlog, batch, _WIDE, _JOBS)
                    if number:  # the first warms up
                        costs[depth, f"batch {batch}"].append(cost)
                cost = await _serve(store, backlog, 8, _NEARLY_FULL, _JOBS_THAT_FIT)
                if number:
                    costs[depth, "nearly full"].append(cost)
        found = await check_grants(folder, depth=checked_depth, checks=checked)
    for explanation in found.wrong:
        print(explanation)  # noqa: T201 - what to look into
    _report(costs, sizes, rounds, checked, found)


async def _serve(store: Store, backlog: Backlog, batch: int, free: Vector, jobs: int) -> Cost:
    """Take about so many jobs from grant to end, and refill the queue; return what one took."""
    held: list[tuple[str, Sequence[LeasedRun]]] = []
    marks = [await store.server_microseconds()]
    for agents in _chunks([AGENTS[call % len(AGENTS)] for call in range(jobs // batch)]):
        answers = await asyncio.gather(*(store.lease(agent, batch, free) for agent in agents))
        held += [pair for pair in zip(agents, answers, strict=True) if pair[1]]
    runs = [run for _, found in held for run in found]
    if not runs:
        raise RuntimeError("nothing was granted, though half of the queue is ready")
    marks.append(await store.server_microseconds())
    for chunk in _chunks(held):
        await asyncio.gather(*(store.accept(agent, found) for agent, found in chunk))
    marks.append(await store.server_microseconds())
    versions = iter(await store.versions(runs))
    ends = [(found, list(itertools.islice(versions, len(found)))) for _, found in held]
    marks.append(await store.server_microseconds())
    for pairs in _chunks(ends):
        await asyncio.gather(*(store.succeed(found, read) for found, read in pairs))
    marks.append(await store.server_microseconds())
    await store.add(backlog.ready(critical=_CRITICAL_SHARE, size=run.vector) for run in runs)
    await store.forget_events()
    lease, accept, _, complete = (
        (after - before) / len(runs) for before, after in itertools.pairwise(marks)
    )
    return Cost(lease, accept, complete)


def _chunks(items: list[T]) -> list[list[T]]:
    """Return what is sent at once: as under load, one write to disk serves several calls."""
    return [items[start : start + len(AGENTS)] for start in range(0, len(items), len(AGENTS))]


def _report(
    costs: dict[tuple[int, str], list[Cost]],
    sizes: dict[int, float],
    rounds: int,
    checked: int,
    found: Checked,
) -> None:
    def median(depth: int, case: str, name: str) -> float:
        return float(statistics.median(getattr(cost, name) for cost in costs[depth, case]))

    def growth(depth: int, over: int) -> float:
        pairs = zip(costs[depth, "batch 8"], costs[over, "batch 8"], strict=True)
        return float(statistics.median(cost.total / base.total for cost, base in pairs))

    rows: list[Sequence[str]] = []
    results: dict[str, object] = {}
    for depth, case in costs:
        parts = {
            name: median(depth, case, name) for name in ("lease", "accept", "complete", "total")
        }
        rows.append((f"{depth:,} queued, {case}", *(f"{each:.0f} µs" for each in parts.values())))
        results[f"{depth}, {case}"] = {name: round(each, 1) for name, each in parts.items()}
    for depth, size in sizes.items():
        results[f"bytes per queued run at {depth}"] = round(size)
    largest = max(sizes)
    goals = [
        Goal(
            f"growth_{depth}_over_{over}",
            growth(depth, over),
            _GOALS.get((depth, over), 1.6),
            "lower",
        )
        for depth in sorted(sizes, reverse=True)[:1]
        for over in sorted(sizes)[:-1]
    ]
    goals.append(Goal("bytes_per_queued_run", sizes[largest], _BYTES_GOAL, "lower"))
    goals.append(Goal(f"wrong_of_{checked}_grants", len(found.wrong), 0, "lower"))
    nearly_full = [
        cost.total / base.total
        for cost, base in zip(costs[largest, "nearly full"], costs[largest, "batch 8"], strict=True)
    ]
    results["grants out of the order of ids among equals"] = found.swapped
    results["nearly full over batch 8"] = round(statistics.median(nearly_full), 2)
    report_rows(
        NAME,
        ("what", "lease", "accept", "complete", "a job"),
        rows,
        goals,
        rounds=rounds,
        results=results,
    )
