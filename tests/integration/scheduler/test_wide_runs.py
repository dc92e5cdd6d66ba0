"""Runs with more edges than one call carries."""

import json
from typing import Any

from mlmon_scheduler.adapters.redis.keys import key
from mlmon_scheduler.application.stored import EDGES_A_CALL, NewRun
from mlmon_scheduler.loops.add_edges import AddEdges
from tests.integration.scheduler.conftest import Queue

WIDTH = 10_000


def edges(names: list[str]) -> list[tuple[str, str]]:
    return [(name, "succeeded") for name in names]


async def end_all(queue: Queue, names: list[str], state: str = "succeeded") -> None:
    """End runs without an agent, as far as their dependants can see."""
    async with queue.redis.pipeline(transaction=False) as pipeline:
        for name in names:
            facts: dict[Any, Any] = {"state": state, "reason": "", "job": "job", "client": "acme"}
            pipeline.hset(key("done", name), mapping=facts)
            pipeline.zadd(key("fan"), {name: 0})
        await pipeline.execute()


async def add_wide(queue: Queue, names: list[str]) -> None:
    """Add a run that waits on all of these, with the edges that one call carries."""
    links = [{"job": "job", "run": name, "when": "succeeded"} for name in names]
    await queue.add("wide", edges=edges(names[:EDGES_A_CALL]), is_sealed=False)
    await queue.redis.hset(key("run", "wide"), "depends_on", json.dumps(links))


async def test_run_is_not_released_before_its_last_edge_is_there(queue: Queue):
    for name in ("a", "b"):
        await queue.add(name)
    await queue.add("child", edges=edges(["a"]), is_sealed=False)
    await queue.add_agent()
    await queue.run_to_end()
    assert await queue.state("child") == "blocked"

    assert await queue.runs.add_edges("child", 1, edges(["b"]), is_last=True) == 2
    assert await queue.state("child") == "blocked"
    await queue.run_to_end()
    assert await queue.state("child") == "queued"


async def test_repeated_call_adds_nothing(queue: Queue):
    for name in ("a", "b", "c"):
        await queue.add(name)
    await queue.add("child", edges=edges(["a"]), needed=2, is_sealed=False)
    await queue.add_agent()
    await queue.run_to_end()
    for _ in range(2):
        assert await queue.runs.add_edges("child", 1, edges(["b"]), is_last=False) == 2
    await queue.run_to_end()
    assert await queue.runs.add_edges("child", 1, edges(["b"]), is_last=False) == 2

    assert await queue.state("child") == "blocked"
    assert await queue.runs.add_edges("child", 2, edges(["c"]), is_last=True) == 3
    assert await queue.state("child") == "queued"


async def test_join_is_not_decided_before_the_run_is_sealed(queue: Queue):
    for name in ("a", "b"):
        await queue.add(name)
    await queue.add("child", edges=edges(["a"]), needed=1, is_sealed=False)
    await queue.add_agent()
    await queue.run_to_end("failed")
    assert await queue.state("child") == "blocked"
    await queue.run_to_end("succeeded")
    await queue.runs.add_edges("child", 1, edges(["b"]), is_last=True)

    assert await queue.state("child") == "queued"


async def test_unsealed_run_that_is_held_and_released_waits_for_its_edges(queue: Queue):
    await queue.add("a")
    await queue.add("child", is_sealed=False)
    await queue.runs.hold(["child"], "why")

    assert await queue.runs.release(["child"]) == ["blocked"]


async def test_unsealed_run_that_ended_takes_no_edges(queue: Queue):
    await queue.add("a")
    await queue.add("child", is_sealed=False)
    await queue.runs.cancel(["child"], "asked")

    assert await queue.runs.add_edges("child", 0, edges(["a"]), is_last=True) == -1
    assert await queue.runs.list_unsealed(10) == []
    assert await queue.state("child") == "cancelled"


async def test_parent_that_nobody_knows_any_more_is_said(queue: Queue):
    await queue.add("child", is_sealed=False)
    await queue.runs.add_edges("child", 0, edges(["gone"]), is_last=True)

    reason = "Its dependency gone ended too long ago to be known."
    assert (await queue.fields("child"))["reason"] == reason


async def test_loop_drops_a_run_that_was_forgotten(queue: Queue):
    await queue.redis.zadd(key("unsealed"), {"gone": 1})
    loop = AddEdges(queue.runs)

    assert await loop.tick()
    assert not await loop.tick()


async def test_run_waits_on_ten_thousand_others(queue: Queue):
    names = [f"parent-{number:05}" for number in range(WIDTH)]
    fields: dict[Any, Any] = {
        "job": "job",
        "client": "acme",
        "state": "queued",
        "effective_priority": "50",
        "effective_lane": "normal",
    }
    async with queue.redis.pipeline(transaction=False) as pipeline:
        for name in names:
            pipeline.hset(key("run", name), mapping=fields)
        await pipeline.execute()
    await add_wide(queue, names)
    await end_all(queue, names[5000:5100])
    await queue.settle()
    loop = AddEdges(queue.runs)
    assert await loop.tick()
    assert not await loop.tick()
    assert await queue.redis.hlen(key("needs", "wide")) == WIDTH - 100

    await end_all(queue, [*names[:5000], *names[5100:-1]])
    await queue.settle()
    assert await queue.state("wide") == "blocked"
    await end_all(queue, names[-1:])
    await queue.settle()

    assert await queue.state("wide") == "queued"


async def test_many_runs_that_wait_on_one_are_told_in_bounded_steps(queue: Queue):
    await queue.add("parent")
    template = dict(await queue.fields("parent"))
    for start in range(0, 2000, 50):
        await queue.runs.enqueue(
            [
                NewRun(
                    f"child-{number}",
                    {**template, "id": f"child-{number}"},
                    edges(["parent"]),
                )
                for number in range(start, start + 50)
            ]
        )
    await queue.add_agent()
    await queue.end(await queue.start())
    steps = []
    while (step := await queue.runs.fan_out(EDGES_A_CALL))[0]:
        steps.append(step[0])

    assert sum(steps) == 2000
    assert max(steps) <= EDGES_A_CALL
    assert [await queue.state(f"child-{number}") for number in (0, 1999)] == ["queued"] * 2
