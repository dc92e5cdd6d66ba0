"""Quotas of resources: what all running attempts of a client may take together."""

from mlmon_scheduler.domain.quotas import ClientLimits, ResourceQuota
from mlmon_shared.wire.agent_protocol import Vector
from tests.integration.scheduler.conftest import Queue

GIB = 2**30
SMALL = Vector(cpu_milli=1000, memory=GIB)
LARGE = Vector(cpu_milli=3000, memory=GIB)


async def limit(queue: Queue, **quota: int) -> None:
    await queue.order.configure_clients([ClientLimits("acme", resources=ResourceQuota(**quota))])


async def taken(queue: Queue, maximum: int = 16) -> list[str]:
    return [run.run_id for run in await queue.lease(maximum=maximum)]


async def test_client_takes_no_more_than_its_quota_and_goes_on_when_a_run_ends(queue: Queue):
    await limit(queue, cpu_milli=2000)
    for name in ("a", "b", "c"):
        await queue.add(name)
    await queue.add("other", client="bolt")
    await queue.add_agent(slots=8)
    first = await queue.start()

    assert await taken(queue) == ["other", "b"]
    assert await taken(queue) == []
    await queue.end(first)

    assert await taken(queue) == ["c"]


async def test_any_resource_can_be_what_is_scarce(queue: Queue):
    await limit(queue, memory=2 * GIB, gpus=0)
    await queue.add("gpu", shape=Vector(cpu_milli=1000, memory=GIB, gpus=1))
    for name in ("a", "b", "c"):
        await queue.add(name)
    await queue.add_agent(slots=8)

    assert await taken(queue) == ["a", "b"]


async def test_smaller_run_goes_before_one_that_the_quota_has_no_room_for(queue: Queue):
    await limit(queue, cpu_milli=3000)
    await queue.add("first")
    await queue.add_agent(slots=8)
    first = await queue.start()
    await queue.add("large", shape=LARGE)
    await queue.add("small")

    assert await taken(queue) == ["small"]
    assert await taken(queue) == []
    await queue.end(first)
    assert await taken(queue) == []


async def test_run_that_the_quota_has_no_room_for_is_overtaken_only_for_a_while(queue: Queue):
    await limit(queue, cpu_milli=3000)
    await queue.add("first")
    await queue.add_agent(slots=8)
    first = await queue.start()
    await queue.add("large", shape=LARGE)
    queue.clock.advance(301)
    await queue.add("small")

    assert await taken(queue) == []
    await queue.end(first)

    assert await taken(queue) == ["large"]


async def test_cancelling_the_run_that_others_wait_behind_lets_them_go_on(queue: Queue):
    await limit(queue, cpu_milli=3000)
    await queue.add("first")
    await queue.add_agent(slots=8)
    await queue.start()
    await queue.add("large", shape=LARGE)
    queue.clock.advance(301)
    await queue.add("small")
    assert await taken(queue) == []

    await queue.runs.cancel(["large"], "Cancelled.")

    assert await taken(queue) == ["small"]


async def test_small_run_that_comes_later_starts_beside_one_that_waits_for_room(queue: Queue):
    await limit(queue, cpu_milli=3000)
    await queue.add("first")
    await queue.add_agent(slots=8)
    await queue.start()
    await queue.add("large", shape=LARGE)
    assert await taken(queue) == []

    await queue.add("small")

    assert await taken(queue) == ["small"]


async def test_raised_quota_lets_a_waiting_client_go_on_and_a_lowered_one_takes_nothing_back(
    queue: Queue,
):
    await limit(queue, cpu_milli=1000)
    for name in ("a", "b", "c"):
        await queue.add(name)
    await queue.add_agent(slots=8)
    assert await taken(queue) == ["a"]

    await limit(queue, cpu_milli=2000)
    assert await taken(queue) == ["b"]
    await limit(queue, cpu_milli=1000)
    assert await taken(queue) == []
    await limit(queue)

    assert await taken(queue) == ["c"]


async def test_facts_say_what_a_client_holds_and_may_hold(queue: Queue):
    await limit(queue, cpu_milli=2500, memory=8 * GIB)
    for name in ("a", "b", "c"):
        await queue.add(name)
    await queue.add_agent(slots=8)
    await taken(queue)

    facts = await queue.facts.read_queue(await queue.fields("c"))

    assert facts.held == Vector(cpu_milli=2000, memory=2 * GIB)
    assert facts.quota.explain_excess(facts.held, SMALL) == (
        "2 of its 2.5 cores are taken, and the run asks for 1"
    )


async def test_reserved_agent_does_not_break_the_quota(queue: Queue):
    await limit(queue, cpu_milli=3000)
    await queue.add("first")
    await queue.add_agent(slots=8)
    first = await queue.start()
    await queue.add("large", shape=LARGE)
    await queue.redis.hset("{s0}:agent:agent", "reserved_for", "large")
    await queue.redis.hset("{s0}:agent:agent", "reserved_until", "0")

    assert await taken(queue) == []
    await queue.end(first)

    assert await taken(queue) == ["large"]
