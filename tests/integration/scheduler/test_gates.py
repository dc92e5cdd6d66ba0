from collections import Counter

from mlmon_scheduler.adapters.redis.keys import key
from mlmon_scheduler.application.stored import Left
from tests.integration.scheduler.conftest import Queue


def job_gate(limit: int) -> str:
    return f"job:job=1/{limit};"


def client_gate(client: str, limit: int) -> str:
    return f"client:{client}:job=1/{limit};"


async def states(queue: Queue, *run_ids: str) -> Counter[str]:
    return Counter([await queue.state(run_id) for run_id in run_ids])


async def test_full_gate_parks_what_it_stops(queue: Queue):
    runs = [f"run-{number}" for number in range(5)]
    for run_id in runs:
        await queue.add(run_id, gates=job_gate(2))
    await queue.add_agent(slots=8)

    granted = await queue.lease(maximum=16)

    assert [run.run_id for run in granted] == ["run-0", "run-1"]
    assert await states(queue, *runs) == {"leased": 2, "parked": 3}


async def test_run_that_comes_to_a_full_gate_is_parked_at_once(queue: Queue):
    await queue.add("first", gates=job_gate(1))
    await queue.add_agent(slots=8)
    await queue.start()

    await queue.add("second", gates=job_gate(1))

    assert await queue.state("second") == "parked"


async def test_ended_run_lets_the_next_in(queue: Queue):
    for number in range(3):
        await queue.add(f"run-{number}", gates=job_gate(1))
    await queue.add_agent(slots=8)

    order = []
    for _ in range(3):
        (granted,) = await queue.lease(maximum=16)
        await queue.accept("agent", granted.run_id, granted.attempt, granted.fence)
        order.append(granted.run_id)
        await queue.end(granted)

    assert order == ["run-0", "run-1", "run-2"]
    assert await queue.redis.keys("*parked*") == []
    assert await queue.redis.keys("*holders*") == []


async def test_job_gate_is_fair_between_clients(queue: Queue):
    for number in range(10):
        await queue.add(f"many-{number}", client="many", gates=job_gate(1))
    await queue.add_agent(slots=8)
    first = await queue.start()
    await queue.lease(maximum=16)
    await queue.add("few-0", client="few", gates=job_gate(1))

    await queue.end(first)

    assert [run.run_id for run in await queue.lease(maximum=16)] == ["few-0"]


async def test_gate_of_job_and_client_stops_no_other_client(queue: Queue):
    for client in ("acme", "umbrella"):
        for number in range(2):
            await queue.add(f"{client}-{number}", client=client, gates=client_gate(client, 1))
    await queue.add_agent(slots=8)

    granted = {run.run_id for run in await queue.lease(maximum=16)}

    assert granted == {"acme-0", "umbrella-0"}


async def test_named_resource_is_taken_by_amounts(queue: Queue):
    await queue.order.configure_resources([("sessions", 5)])
    for priority, name, amount in ((3, "three", 3), (2, "two", 2), (1, "one", 1)):
        await queue.add(name, gates=f"resource:sessions={amount}/;", priority=priority)
    await queue.add_agent(slots=8)

    granted = [run.run_id for run in await queue.lease(maximum=16)]

    assert granted == ["three", "two"]
    assert await queue.state("one") == "parked"


async def test_large_amount_is_not_overtaken_by_small_ones_at_its_gate(queue: Queue):
    await queue.order.configure_resources([("sessions", 4)])
    for number in range(4):
        await queue.add(f"small-{number}", gates="resource:sessions=1/;")
    await queue.add_agent(slots=16)
    small = [await queue.start() for _ in range(4)]
    await queue.add("large", gates="resource:sessions=4/;")
    await queue.add("late", gates="resource:sessions=1/;")

    for run in small[:3]:
        await queue.end(run)
    assert await queue.lease(maximum=16) == []
    await queue.end(small[3])

    assert [run.run_id for run in await queue.lease(maximum=16)] == ["large"]


async def test_raised_capacity_lets_parked_runs_in(queue: Queue):
    await queue.order.configure_resources([("sessions", 1)])
    for number in range(3):
        await queue.add(f"run-{number}", gates="resource:sessions=1/;")
    await queue.add_agent(slots=8)
    await queue.lease(maximum=16)

    await queue.order.configure_resources([("sessions", 3)])

    assert len(await queue.lease(maximum=16)) == 2


async def test_resource_that_was_never_configured_lets_nothing_in(queue: Queue):
    await queue.add("run", gates="resource:unknown=1/;")
    await queue.add_agent()

    assert await queue.lease() == []
    assert await queue.state("run") == "parked"


async def test_run_stopped_by_a_second_gate_passes_its_place_on(queue: Queue):
    both = job_gate(1) + client_gate("acme", 1)
    await queue.add("holder", client="acme", gates=both)
    await queue.add_agent(slots=8)
    holder = await queue.start()
    await queue.add("other-job", client="acme", gates=client_gate("acme", 1))
    await queue.add("stopped-twice", client="acme", gates=both)
    await queue.add("next", client="umbrella", gates=job_gate(1))

    await queue.end(holder)

    granted = {run.run_id for run in await queue.lease(maximum=16)}
    assert granted == {"other-job", "next"}


async def test_cancelled_run_that_was_let_in_passes_its_place_on(queue: Queue):
    for number in range(3):
        await queue.add(f"run-{number}", gates=job_gate(1))
    await queue.add_agent(slots=8)
    first = await queue.start()
    await queue.lease(maximum=16)
    await queue.end(first)
    assert await states(queue, "run-1", "run-2") == {"queued": 1, "parked": 1}

    await queue.runs.cancel(["run-1"], "Cancelled.")

    assert [run.run_id for run in await queue.lease(maximum=16)] == ["run-2"]


async def test_parked_run_can_be_held_released_and_cancelled(queue: Queue):
    for number in range(3):
        await queue.add(f"run-{number}", gates=job_gate(1))
    await queue.add_agent(slots=8)
    first = await queue.start()
    await queue.lease(maximum=16)

    assert await queue.runs.hold(["run-1"], "Held.") == ["held"]
    assert await queue.runs.cancel(["run-2"], "Cancelled.") == ["cancelled"]
    assert await queue.runs.release(["run-1"]) == ["parked"]
    await queue.end(first)

    assert [run.run_id for run in await queue.lease(maximum=16)] == ["run-1"]


async def test_retry_gives_its_place_to_the_next(queue: Queue):
    for number in range(2):
        await queue.add(f"run-{number}", gates=job_gate(1))
    await queue.add_agent(slots=8)
    first = await queue.start()
    await queue.lease(maximum=16)

    ready_at_ms = queue.clock.now_ms() + 1
    await queue.end(first, attempt_state="failed", run_state="delayed", ready_at_ms=ready_at_ms)

    assert [run.run_id for run in await queue.lease(maximum=16)] == ["run-1"]


async def test_grant_that_is_not_accepted_gives_its_place_back(queue: Queue):
    for number in range(2):
        await queue.add(f"run-{number}", gates=job_gate(1))
    await queue.add_agent(slots=8)
    await queue.lease(maximum=16)
    queue.clock.advance(31)

    await queue.leases.expire_grants(10, heard_since_ms=0)

    assert len(await queue.lease(maximum=16)) == 1


async def open_breaker(queue: Queue) -> None:
    await queue.redis.sadd(key("breakers"), "job:1")
    await queue.redis.hset(key("breaker", "job", "1"), mapping={"state": "open", "reason": "Bad."})


async def test_open_breaker_parks_the_runs_of_its_version(queue: Queue):
    for number in range(3):
        await queue.add(f"run-{number}")
    await queue.add("other", job="other")
    await queue.add_agent(slots=8)
    await open_breaker(queue)

    granted = [run.run_id for run in await queue.lease(maximum=16)]

    assert granted == ["other"]
    assert await states(queue, "run-0", "run-1", "run-2") == {"parked": 3}


async def test_closed_breaker_lets_all_its_runs_in(queue: Queue):
    for number in range(70):
        await queue.add(f"run-{number}")
    await queue.add_agent(slots=100)
    await open_breaker(queue)
    while await queue.redis.exists(key("open_queues")):
        assert await queue.lease(maximum=16) == []
    await queue.redis.delete(key("breakers"), key("breaker", "job", "1"))

    assert [await queue.order.admit(20) for _ in range(3)] == [64, 6, 0]
    assert len(await queue.lease(maximum=16)) == 16


async def test_call_that_parked_as_much_as_it_may_says_that_there_is_more(queue: Queue):
    for number in range(70):
        await queue.add(f"run-{number}", gates="job:job=1/1;")
    await queue.add_agent(slots=100)
    assert len(await queue.lease()) == 1

    found = [(await queue.ask()).left for _ in range(2)]

    assert found == [Left.UNREAD, Left.NOTHING]
