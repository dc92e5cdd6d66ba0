"""Many agents that hold a run each, beat and poll: nothing is lost, and memory stays flat."""

import argparse
import asyncio
import resource
import statistics
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from redis.asyncio import Redis

from mlmon_scheduler.adapters.redis.keys import key
from mlmon_shared.testing.polling import eventually
from mlmon_shared.wire.batches import BatchItem, BatchSubmission
from mlmon_shared.wire.states import BatchState, RunState
from tests.bench.clusters import NOTHING, Cluster, running_cluster
from tests.bench.raw_http import HungUpError, RequestFailedError
from tests.bench.reports import Goal, quantile, report_rows
from tests.bench.simulated_agents import SimulatedAgent, registered

T = TypeVar("T")
NAME: Final = "agents"
_AT_ONCE: Final = 20
_MEMORY_GOAL: Final = 1.05
_POLL_SECONDS: Final = 25.0


@dataclass
class _Fleet:
    """The agents, and what they saw.

    Attributes:
        held: The grant of each, by its place.
        beats: Seconds that each beat took.
        faults: What was answered other than it should.
        busy: Share of one processor that each process took while agents beat and polled.
    """

    agents: list[SimulatedAgent]
    held: list[dict[str, Any]] = field(default_factory=list)
    beats: list[float] = field(default_factory=list)
    polls: int = 0
    faults: list[str] = field(default_factory=list)
    busy: dict[str, float] = field(default_factory=dict)


def main(arguments: Sequence[str]) -> None:
    """Run for a minute and a half; `--agents 10000 --seconds 600` is the goal, and 15 minutes."""
    parser = argparse.ArgumentParser(prog=NAME, description=__doc__)
    parser.add_argument("--agents", type=int, default=500)
    parser.add_argument("--seconds", type=float, default=90.0)
    options = parser.parse_args(arguments)
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    asyncio.run(_measure(options.agents, options.seconds))


async def _measure(count: int, seconds: float) -> None:
    async with running_cluster() as cluster, _redis(cluster) as redis:
        fleet = _Fleet(await registered(cluster.address, cluster.agent_token, count))
        batch_id = await _submit(cluster, count)
        await _take_one_each(fleet)
        memory = await _live(cluster, redis, fleet, seconds)
        herd_seconds = await _come_back_at_once(fleet)
        await _in_chunks(
            list(zip(fleet.agents, fleet.held, strict=True)),
            lambda pair: pair[0].succeed([pair[1]]),
        )
        lost = await _count_lost(cluster, redis, batch_id, fleet)
        for agent in fleet.agents:
            agent.close()
    _report(fleet, memory, herd_seconds, lost, seconds)


def _redis(cluster: Cluster) -> Redis:
    return Redis.from_url(cluster.queue.url, decode_responses=True)


async def _submit(cluster: Cluster, count: int) -> str:
    items = [
        BatchItem(key=str(number), job=NOTHING["name"], client="acme") for number in range(count)
    ]
    batch = await cluster.scheduler.submit_batch(BatchSubmission(items=items))

    async def is_loaded() -> bool:
        return (await cluster.scheduler.get_batch(batch.id)).state is not BatchState.LOADING

    await eventually(is_loaded, within_seconds=120, describe="the batch is loaded")
    return batch.id


async def _take_one_each(fleet: _Fleet) -> None:
    async def take(agent: SimulatedAgent) -> dict[str, Any]:
        (grant,) = (await agent.poll(1))["grants"]
        await agent.accept(grant)
        return dict(grant)

    fleet.held = await _in_chunks(fleet.agents, take)


async def _live(
    cluster: Cluster, redis: Redis, fleet: _Fleet, seconds: float
) -> dict[str, tuple[int, int]]:
    """Let all beat and poll; return the memory of each process after a third, and at the end."""
    loop = asyncio.get_running_loop()
    until = loop.time() + seconds

    async def beat(agent: SimulatedAgent, grant: dict[str, Any], delay: float) -> None:
        twin = agent.twin()
        await asyncio.sleep(delay)
        while loop.time() < until:
            begun = time.perf_counter()
            answer = await twin.beat([grant])
            fleet.beats.append(time.perf_counter() - begun)
            fleet.faults += [f"directive: {each}" for each in answer["directives"]]
            await asyncio.sleep(min(answer["next_beat_seconds"], max(until - loop.time(), 0)))
        twin.close()

    async def poll(agent: SimulatedAgent, delay: float) -> None:
        await asyncio.sleep(delay)
        while loop.time() < until:
            left = until - loop.time()
            answer = await agent.poll(0, timeout_seconds=min(_POLL_SECONDS, max(left, 0)))
            fleet.polls += 1
            fleet.faults += [f"directive: {each}" for each in answer["directives"]]

    living = []
    begun, before = time.perf_counter(), _processor_seconds(cluster)
    for place, (agent, grant) in enumerate(zip(fleet.agents, fleet.held, strict=True)):
        spread = agent.beat_seconds * place / len(fleet.agents)
        living += [
            asyncio.create_task(beat(agent, grant, spread)),
            asyncio.create_task(poll(agent, _POLL_SECONDS * place / len(fleet.agents))),
        ]
    await asyncio.sleep(seconds / 3)
    early = await _memory(cluster, redis)
    results = await asyncio.gather(*living, return_exceptions=True)
    fleet.faults += [repr(each) for each in results if isinstance(each, BaseException)]
    late = await _memory(cluster, redis)
    elapsed, after = time.perf_counter() - begun, _processor_seconds(cluster)
    fleet.busy = {name: (after[name] - used) / elapsed for name, used in before.items()}
    return {name: (size, late[name]) for name, size in early.items()}


def _processor_seconds(cluster: Cluster) -> dict[str, float]:
    used = {"these agents": time.process_time()}
    for name, process in cluster.processes.items():
        times = process.cpu_times()
        used[name] = times.user + times.system
    return used


async def _memory(cluster: Cluster, redis: Redis) -> dict[str, int]:
    sizes = {
        name: int(process.memory_info().rss)
        for name, process in cluster.processes.items()
        if name == "scheduler"
    }
    return sizes | {"valkey": int((await redis.info("memory"))["used_memory"])}


async def _come_back_at_once(fleet: _Fleet) -> float:
    """Drop every connection, then register and sync all at once; return the seconds that took."""
    for agent in fleet.agents:
        agent.close()

    async def come_back(agent: SimulatedAgent, grant: dict[str, Any]) -> None:
        while True:
            try:
                await agent.register()
                answer = await agent.sync([grant])
            except (OSError, HungUpError):
                await asyncio.sleep(0.1)
                continue
            except RequestFailedError as error:
                fleet.faults.append(str(error))
                return
            fleet.faults += [f"directive: {each}" for each in answer["directives"]]
            return

    begun = time.perf_counter()
    await asyncio.gather(
        *(come_back(agent, grant) for agent, grant in zip(fleet.agents, fleet.held, strict=True))
    )
    return time.perf_counter() - begun


async def _count_lost(cluster: Cluster, redis: Redis, batch_id: str, fleet: _Fleet) -> int:
    """Return how many runs did not succeed in their first attempt."""

    async def is_finished() -> bool:
        return (await cluster.scheduler.get_batch(batch_id)).state is BatchState.FINISHED

    await eventually(is_finished, within_seconds=60, describe="the batch is finished")
    batch = await cluster.scheduler.get_batch(batch_id)
    again = [grant for grant in fleet.held if grant["attempt"] != 1]
    alive = await redis.zcard(key("agents_by_deadline"))
    dead = len(fleet.agents) - int(alive)
    return batch.total - batch.counts.get(RunState.SUCCEEDED, 0) + len(again) + dead


async def _in_chunks(items: Sequence[Any], do: Callable[[Any], Awaitable[T]]) -> list[T]:
    """Do something for each, a few at a time."""
    done: list[T] = []
    for start in range(0, len(items), _AT_ONCE):
        done += await asyncio.gather(*(do(item) for item in items[start : start + _AT_ONCE]))
    return done


def _report(
    fleet: _Fleet,
    memory: dict[str, tuple[int, int]],
    herd_seconds: float,
    lost: int,
    seconds: float,
) -> None:
    for fault in fleet.faults[:10]:
        print(fault)  # noqa: T201 - what to look into
    count = len(fleet.agents)
    rows = [
        ("beats", f"{len(fleet.beats)}", f"{len(fleet.beats) / seconds:.0f}/s"),
        ("polls", f"{fleet.polls}", f"{fleet.polls / seconds:.0f}/s"),
        ("a beat, p50", f"{statistics.median(fleet.beats) * 1000:.1f} ms", ""),
        ("a beat, p99", f"{quantile(fleet.beats, 0.99) * 1000:.1f} ms", ""),
        *((f"processor of {name}", f"{share:.0%}", "") for name, share in fleet.busy.items()),
        ("all back at once", f"{herd_seconds:.1f} s", f"{count / herd_seconds:.0f}/s"),
        *(
            (f"memory of {name}", f"{early / 2**20:.0f} MiB", f"{late / early:.3f} x")
            for name, (early, late) in memory.items()
        ),
    ]
    growth = max(late / early for early, late in memory.values())
    report_rows(
        NAME,
        (f"{count} agents, {seconds:.0f} s", "value", "rate or growth"),
        rows,
        [
            Goal("lost_leases_and_agents", lost, 0, "lower"),
            Goal("unexpected_answers", len(fleet.faults), 0, "lower"),
            Goal("memory_growth", growth, _MEMORY_GOAL, "lower"),
        ],
        rounds=1,
        results={
            "agents": count,
            "seconds": seconds,
            "beats a second": round(len(fleet.beats) / seconds, 1),
            "beat p99 seconds": round(quantile(fleet.beats, 0.99), 4),
            "busy": {name: round(share, 3) for name, share in fleet.busy.items()},
            "herd seconds": round(herd_seconds, 2),
            "memory": memory,
        },
    )
