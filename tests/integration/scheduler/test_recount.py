"""Counts that drifted from the leases are found and mended."""

import asyncio

import pytest

from mlmon_scheduler.adapters.redis.keys import key
from mlmon_scheduler.adapters.redis.recount_store import RedisRecountStore
from mlmon_scheduler.adapters.redis.scripts import Scripts
from mlmon_scheduler.application.recount_leases import LeaseRecounter
from tests.integration.scheduler.conftest import Queue

JOB_GATE = "job:one=1/1;"
DB_GATE = "resource:db=2/;"


@pytest.fixture
def found() -> list[str]:
    return []


@pytest.fixture
async def recounter(queue: Queue, found: list[str]) -> LeaseRecounter:
    scripts = Scripts(queue.redis, now_ms=queue.clock.now_ms)
    await queue.order.configure_resources([("db", 4)])
    return LeaseRecounter(RedisRecountStore(scripts), found.append)


async def fill(queue: Queue) -> None:
    """Lease runs with gates of both kinds, and leave others queued and parked."""
    for number in range(4):
        gates = (JOB_GATE, DB_GATE)[number % 2]
        await queue.add(f"run-{number}", client=f"client-{number % 2}", gates=gates)
    await queue.add("free", lane="critical")
    await queue.add_agent(slots=3)
    assert len(await queue.lease(maximum=3)) == 3
    await queue.add("queued", client="client-1")


async def test_counts_that_are_right_are_left_alone(
    queue: Queue, recounter: LeaseRecounter, found: list[str]
):
    await fill(queue)

    assert await recounter.recount_leases() == 0
    assert found == []


@pytest.mark.parametrize(
    ("holder", "command"),
    [
        ("agent", ("HINCRBY", key("agent", "agent"), "used_cpu_milli", 1000)),
        ("agent", ("HSET", key("held", "agent"), "gone", "1|1.99|1000|1073741824|0|0")),
        ("gate", ("HINCRBY", key("gate", "resource:db"), "used", 2)),
        ("gate", ("HSET", key("holders", "resource:db"), "gone", 1)),
        ("gate", ("HSET", key("holders", "job:one"), "gone", 1)),
        ("pool", ("HSET", key("lane_held", "cpu"), "gone", "critical|1000|1073741824|0|0")),
        ("agent", ("HDEL", key("lane_held", "cpu"), "free")),
        ("client", ("HSET", key("holds", "client-1"), "gone", "1000|1|0|0")),
        ("client", ("HINCRBY", key("queued_by_client"), "client-1", 3)),
        ("client", ("HSET", key("queued_by_client"), "nobody", 3)),
        ("agent", ("HDEL", key("holders", "resource:db"), "run-1")),
        ("agent", ("HDEL", key("holds", "client-1"), "run-1")),
    ],
)
async def test_drift_is_found_and_mended(
    queue: Queue,
    recounter: LeaseRecounter,
    found: list[str],
    holder: str,
    command: tuple[object, ...],
):
    await fill(queue)
    before = await counts(queue)
    await queue.redis.execute_command(*command)
    assert await counts(queue) != before

    assert await recounter.recount_leases() > 0

    assert holder in found
    assert await counts(queue) == before
    assert await recounter.recount_leases() == 0


async def test_mended_gate_lets_in_who_waits_there(queue: Queue, recounter: LeaseRecounter):
    await queue.redis.hset(key("holders", "job:one"), "gone", "1")
    await queue.add("run", gates=JOB_GATE)
    assert await queue.state("run") == "parked"

    assert await recounter.recount_leases() == 1

    assert await queue.state("run") == "queued"


async def test_leases_that_change_meanwhile_are_no_drift(
    queue: Queue, recounter: LeaseRecounter, found: list[str]
):
    for number in range(60):
        gates = (JOB_GATE, DB_GATE, "")[number % 3]
        await queue.add(f"run-{number:02}", client=f"client-{number % 7}", gates=gates)
    for name in ("one", "two"):
        await queue.add_agent(name, slots=8)
    is_over = False

    async def work(agent: str) -> None:
        while granted := await queue.lease(agent, 3):
            for each in granted:
                await queue.accept(agent, each.run_id, each.attempt, each.fence)
            for each in granted:
                await queue.end(each)

    async def recount() -> int:
        rounds = 0
        while not is_over or not rounds:
            await recounter.recount_leases()
            rounds += 1
        return rounds

    recounting = asyncio.create_task(recount())
    await asyncio.gather(work("one"), work("two"))
    is_over = True

    assert await recounting > 1
    assert found == []


async def counts(queue: Queue) -> list[object]:
    names = [
        key("agent", "agent"), key("held", "agent"), key("gate", "resource:db"),
        key("holders", "resource:db"), key("holders", "job:one"), key("holds", "client-0"),
        key("holds", "client-1"), key("holds", "acme"), key("queued_by_client"),
        key("lane_held", "cpu"),
    ]  # fmt: skip
    return [await queue.redis.hgetall(name) for name in names]
