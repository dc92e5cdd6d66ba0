"""Runs that have not started in time."""

import pytest

from mlmon_scheduler.adapters.redis.keys import key
from mlmon_scheduler.application.stored import NewGroup
from mlmon_scheduler.loops.expire_starts import ExpireStarts
from mlmon_shared.wire.records import run_document
from tests.integration.scheduler.conftest import ACCEPT_SECONDS, Queue

HOUR = {"start_within_ms": "3600000"}


@pytest.fixture
def loop(queue: Queue) -> ExpireStarts:
    return ExpireStarts(queue.runs)


async def pass_time(queue: Queue, loop: ExpireStarts, seconds: float) -> None:
    queue.clock.advance(seconds)
    while await loop.tick():
        pass


async def test_run_expires_wherever_it_waits(queue: Queue, loop: ExpireStarts):
    await queue.add("queued", deadline=HOUR)
    await queue.add("blocked", deadline=HOUR, edges=[("queued", "finished")])
    await queue.add("held", deadline=HOUR)
    await queue.runs.hold(["held"], "why")
    runs = ["queued", "blocked", "held"]

    await pass_time(queue, loop, 3599)
    assert [await queue.state(run) for run in runs] == runs

    await pass_time(queue, loop, 1)
    assert [await queue.state(run) for run in runs] == ["expired"] * 3
    assert [(await queue.fields(run))["reason"] for run in runs] == [
        f"It was {state} when its start deadline passed." for state in runs
    ]
    await queue.add_agent()
    assert await queue.lease(maximum=16) == []
    assert await queue.redis.zcard(key("starts_by")) == 0


async def test_run_that_comes_too_late_never_starts(queue: Queue):
    await queue.add_agent()
    await queue.add("parent")
    past = {"start_by": str(queue.clock.now_ms())}

    await queue.add("late", deadline=past)
    await queue.add("blocked", deadline=past, edges=[("parent", "succeeded")])

    assert [lease.run_id for lease in await queue.lease(maximum=16)] == ["parent"]
    for run in ("late", "blocked"):
        assert await queue.state(run) == "expired"
        assert (await queue.fields(run))["reason"] == "It came after its start deadline."
    assert await queue.redis.exists(key("needs", "blocked")) == 0


async def test_time_is_counted_from_not_before_and_shown(queue: Queue, loop: ExpireStarts):
    ready_at = queue.clock.now_ms() + 7_200_000
    await queue.add("run", deadline=HOUR, not_before=ready_at)

    await pass_time(queue, loop, 2 * 3600 + 3599)
    assert await queue.state("run") == "delayed"

    found = await queue.runs.find_run("run")
    assert found is not None
    shown = run_document(found.fields, (), now_ms=queue.clock.now_ms(), is_durable=False)
    assert shown.start_by is not None
    assert shown.start_by.timestamp() * 1000 == ready_at + 3_600_000
    await pass_time(queue, loop, 1)
    assert await queue.state("run") == "expired"
    assert await queue.redis.zcard(key("delayed")) == 0


async def test_run_that_has_started_does_not_expire(queue: Queue, loop: ExpireStarts):
    await queue.add("run", deadline={"start_by": str(queue.clock.now_ms() + 1000)})
    await queue.add_agent()
    granted = await queue.start()
    await queue.end(
        granted,
        attempt_state="failed",
        run_state="delayed",
        ready_at_ms=queue.clock.now_ms() + 9000,
    )

    await pass_time(queue, loop, 5)

    assert await queue.state("run") == "delayed"
    assert await queue.redis.zcard(key("starts_by")) == 0


async def test_granted_run_may_still_be_accepted_and_expires_when_it_is_not(
    queue: Queue, loop: ExpireStarts
):
    await queue.add("run", deadline={"start_by": str(queue.clock.now_ms() + 1000)})
    await queue.add_agent()
    await queue.lease()

    await pass_time(queue, loop, 2)
    assert await queue.state("run") == "leased"

    queue.clock.advance(ACCEPT_SECONDS)
    await queue.leases.expire_grants(10, heard_since_ms=0)
    await pass_time(queue, loop, 0)
    assert await queue.state("run") == "expired"


async def test_dependants_and_groups_and_batches_learn_of_it(queue: Queue, loop: ExpireStarts):
    group = NewGroup("group", job="job", expected=1, percent=100)
    await queue.open_batch("batch", total=4, groups=[group])
    await queue.add("run", deadline=HOUR, batch="batch", groups=["group"])
    await queue.add("wants", batch="batch", edges=[("run", "succeeded")])
    await queue.add("after", batch="batch", edges=[("run", "finished")])
    await queue.add("joins", batch="batch", edges=[("g:group", "succeeded")])
    await queue.runs.seal_batch("batch")

    await pass_time(queue, loop, 3600)
    await queue.settle()

    assert [await queue.state(run) for run in ("wants", "after", "joins")] == [
        "skipped",
        "queued",
        "skipped",
    ]
    assert (await queue.fields("wants"))["reason"] == (
        "Its dependency job of acme expired: It was queued when its start deadline passed."
    )
    batch = await queue.runs.find_batch("batch")
    assert batch is not None
    assert {state: number for state, number in batch.counts.items() if number} == {
        "expired": 1,
        "skipped": 2,
        "queued": 1,
    }


async def test_cancelled_run_stays_cancelled(queue: Queue, loop: ExpireStarts):
    await queue.add("run", deadline=HOUR)
    await queue.runs.cancel(["run"], "asked")

    await pass_time(queue, loop, 3600)

    assert await queue.state("run") == "cancelled"
    assert await queue.redis.zcard(key("starts_by")) == 0
