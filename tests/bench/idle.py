"""How soon a job starts on a system with nothing to do, beside other queues in the same run."""

import argparse
import asyncio
import random
import statistics
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from typing import Any, Final

from mlmon_shared.testing.plugin import temporary_server_folder
from tests.bench.clusters import NOTHING, Cluster, running_cluster
from tests.bench.raw_http import RawConnection
from tests.bench.reports import Goal, quantile, report_rows
from tests.bench.rival_queues import open_rivals
from tests.bench.simulated_agents import SimulatedAgent, registered

NAME: Final = "idle"
_AGENTS: Final = 4
_GOAL_SECONDS: Final = 0.025


def main(arguments: Sequence[str]) -> None:
    """Submit one job at a time, by turns with the others; 2 minutes."""
    parser = argparse.ArgumentParser(prog=NAME, description=__doc__)
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--jobs", type=int, default=100, help="of each, a round")
    parser.add_argument("--rivals", default="bullmq,celery", help="comma-separated, or empty")
    options = parser.parse_args(arguments)
    names = [name for name in options.rivals.split(",") if name]
    asyncio.run(_measure(options.rounds, options.jobs, names))


async def _measure(rounds: int, jobs: int, names: list[str]) -> None:
    seconds: dict[str, list[float]] = {"mlmon": []}
    async with AsyncExitStack() as stack:
        folder = stack.enter_context(temporary_server_folder())
        rivals = []
        if names:
            rivals = await stack.enter_async_context(open_rivals(names, folder))
        cluster = await stack.enter_async_context(running_cluster())
        agents = await registered(cluster.address, cluster.agent_token, _AGENTS)
        for _ in range(rounds):
            seconds["mlmon"] += await _ping(cluster, agents, jobs)
            for rival in rivals:
                seconds.setdefault(rival.name, []).extend(await rival.ping(jobs))
    rows, results = [], {}
    for name, values in seconds.items():
        figures = {
            "p50": statistics.median(values),
            "p99": quantile(values, 0.99),
            "highest": max(values),
        }
        rows.append((name, *(f"{figure * 1000:.1f} ms" for figure in figures.values())))
        results[name] = {title: round(figure, 5) for title, figure in figures.items()}
    goal = Goal("p99_seconds", quantile(seconds["mlmon"], 0.99), _GOAL_SECONDS, "lower")
    report_rows(
        NAME, ("what", "p50", "p99", "highest"), rows, [goal], rounds=rounds, results=results
    )


async def _ping(cluster: Cluster, agents: Sequence[SimulatedAgent], jobs: int) -> list[float]:
    """Submit one run at a time; return the seconds until an agent may ask its engine to start it.

    The agents keep one parked poll each, as real ones do; nothing is asked for twice.
    """
    loop = asyncio.get_running_loop()
    starts: dict[str, asyncio.Future[float]] = {}

    def start_of(run_id: str) -> asyncio.Future[float]:
        return starts.setdefault(run_id, loop.create_future())

    async def serve(agent: SimulatedAgent) -> None:
        while True:
            for grant in (await agent.poll(1))["grants"]:
                await agent.accept(grant)
                start_of(grant["run_id"]).set_result(time.perf_counter())
                await agent.succeed([grant])

    submitter = await RawConnection.open(*cluster.address)
    head = f"Authorization: Bearer {cluster.admin_token}\r\n".encode()
    submission: dict[str, Any] = {"job": NOTHING["name"], "client": "acme"}
    serving = [asyncio.create_task(serve(agent)) for agent in agents]
    await asyncio.sleep(0.2)
    seconds = []
    for _ in range(jobs):
        await asyncio.sleep(random.uniform(0.02, 0.06))  # noqa: S311 - a workload
        begun = time.perf_counter()
        run = await submitter.post("/v1/runs", head, submission)
        seconds.append(await start_of(run["id"]) - begun)
    for task in serving:
        task.cancel()
    await asyncio.gather(*serving, return_exceptions=True)
    submitter.close()
    # What was parked is gone with its connection.
    for agent in agents:
        await agent.register()
    return seconds
