import itertools
from typing import Any

import pytest

from mlmon_scheduler.adapters.redis.keys import key
from mlmon_scheduler.domain.runs import may_follow
from mlmon_shared.errors import IdempotencyConflictError, StoreUnavailableError
from mlmon_shared.wire.records import run_document
from mlmon_shared.wire.states import RunState
from tests.integration.scheduler.conftest import Queue


async def test_waiting_run_is_cancelled_at_once(queue: Queue):
    await queue.add("queued")
    await queue.add("blocked", edges=[("queued", "succeeded")])
    await queue.add("delayed", not_before=queue.clock.now_ms() + 5000)
    await queue.add_agent()

    states = await queue.runs.cancel(["blocked", "queued", "delayed", "unknown"], "asked")

    assert states == ["cancelled", "cancelled", "cancelled", None]
    assert await queue.lease(maximum=16) == []


async def test_granted_run_that_is_cancelled_cannot_be_accepted(queue: Queue):
    await queue.add("run")
    await queue.add_agent()
    (granted,) = await queue.lease()

    assert await queue.runs.cancel(["run"], "asked") == ["cancelled"]
    with pytest.raises(Exception, match="no longer holds"):
        await queue.accept("agent", "run", granted.attempt, granted.fence)


async def test_running_run_is_cancelled_through_its_agent(queue: Queue):
    await queue.add("run")
    await queue.add_agent()
    granted = await queue.start()

    assert await queue.runs.cancel(["run"], "asked") == ["cancelling"]
    (order,) = await queue.leases.find_directives("agent")
    assert (order.run_id, order.fence, order.reason) == ("run", granted.fence, "asked")
    assert await queue.end(granted, attempt_state="cancelled", run_state="cancelled") == "cancelled"
    assert await queue.leases.find_directives("agent") == []


async def test_cancelling_a_final_run_changes_nothing(queue: Queue):
    await queue.add("run")
    await queue.add_agent()
    await queue.run_to_end()

    assert await queue.runs.cancel(["run"], "asked") == ["succeeded"]


async def test_batch_counts_its_runs_by_state(queue: Queue):
    await queue.open_batch("batch", total=3)
    for number in range(3):
        await queue.add(f"run-{number}", batch="batch")
    await queue.runs.seal_batch("batch")
    await queue.add_agent()
    await queue.run_to_end("succeeded")
    await queue.run_to_end("failed")

    batch = await queue.runs.find_batch("batch")

    assert batch is not None
    counts = {state: number for state, number in batch.counts.items() if number}
    assert counts == {"succeeded": 1, "failed": 1, "queued": 1}
    assert batch.fields["state"] == "running"


@pytest.mark.parametrize(
    ("states", "outcome"),
    [
        (["succeeded", "succeeded"], "succeeded"),
        (["succeeded", "failed"], "failed"),
        (["succeeded", "cancelled"], "cancelled"),
    ],
)
async def test_batch_finishes_with_its_last_run(queue: Queue, states: list[str], outcome: str):
    await queue.open_batch("batch", total=2)
    await queue.add("a", batch="batch")
    await queue.add("b", batch="batch")
    await queue.runs.seal_batch("batch")
    await queue.add_agent()
    for state in states:
        await queue.run_to_end(state)

    batch = await queue.runs.find_batch("batch")

    assert batch is not None
    assert (batch.fields["state"], batch.fields["outcome"]) == ("finished", outcome)
    assert [event["state"] for event in await queue.events("batch")][-1] == "finished"


async def test_batch_whose_runs_end_while_it_loads_finishes_when_sealed(queue: Queue):
    await queue.open_batch("batch", total=1)
    await queue.add("only", batch="batch")
    await queue.add_agent()
    await queue.run_to_end()
    await queue.runs.seal_batch("batch")

    batch = await queue.runs.find_batch("batch")

    assert batch is not None
    assert batch.fields["state"] == "finished"


async def test_every_state_change_is_legal_and_has_its_event(queue: Queue):
    await queue.add("parent")
    await queue.add("child", edges=[("parent", "succeeded")])
    await queue.add("skipped", edges=[("parent", "failed")])
    await queue.add_agent()
    granted = await queue.start()
    await queue.end(granted, attempt_state="lost", run_state="delayed", ready_at_ms=1)
    await queue.runs.promote_delayed(10)
    await queue.run_to_end()
    await queue.runs.cancel(["child"], "asked")

    history: dict[str, list[str]] = {}
    for event in await queue.events():
        history.setdefault(event["id"], []).append(event["state"])

    assert history["parent"] == [
        "queued", "leased", "running", "delayed", "queued", "leased", "running", "succeeded",
    ]  # fmt: skip
    for states in history.values():
        path = [None, *(RunState(state) for state in states)]
        for before, after in itertools.pairwise(path):
            assert after is not None
            assert may_follow(before, after)
    assert set(history) == {"parent", "child", "skipped"}


async def test_events_merged_in_order_give_the_live_document(queue: Queue):
    await queue.add("run")
    await queue.add_agent()
    await queue.run_to_end("failed", reason="It broke.")
    run = await queue.runs.find_run("run")
    assert run is not None
    merged: dict[str, str] = {}
    for event in await queue.events():
        merged |= event
    attempt: dict[str, str] = {}
    for event in await queue.events("attempt"):
        attempt |= event

    def document(fields, attempts):
        fields = {**fields, "resources": '{"cpu": 1, "memory": 1}'}
        return run_document(fields, attempts, now_ms=0, is_durable=True)

    assert document(merged, [attempt]) == document(run.fields, run.attempts)


async def test_final_runs_are_kept_until_history_has_them(queue: Queue):
    await queue.add("run")
    await queue.add_agent()
    await queue.run_to_end()

    assert await queue.runs.forget(10) == 0

    await queue.redis.set(key("watermark", 1), f"{queue.clock.now_ms() + 1}-0")

    assert await queue.runs.forget(10) == 1
    assert await queue.runs.find_run("run") is None
    assert await queue.runs.find_jobs(["run"]) == ["job"]


async def test_run_that_is_forgotten_while_it_is_read_is_not_there(queue: Queue):
    await queue.add("run")
    await queue.add_agent()
    await queue.run_to_end()
    # As a reader sees it that has read the run, and its attempt too late.
    await queue.redis.delete(key("attempt", "run", 1))

    assert await queue.runs.find_run("run") is None


async def test_forgotten_batch_leaves_nothing_behind(queue: Queue):
    await queue.open_batch("batch", total=1)
    await queue.add("run", batch="batch")
    await queue.runs.seal_batch("batch")
    await queue.add_agent()
    await queue.run_to_end()
    await queue.redis.set(key("watermark", 1), f"{queue.clock.now_ms() + 1}-0")
    await queue.runs.forget(10)

    names = [str(name) for name in await queue.redis.keys("*")]
    left = {name.split(":", 1)[1].split(":")[0] for name in names}

    assert left == {
        "agent", "agents", "agents_by_deadline", "done", "durations", "ep", "events", "fence",
        "latest", "served", "usage", "watermark",
    }  # fmt: skip


async def test_idempotency_key_stands_for_one_body(queue: Queue):
    assert await queue.runs.claim_key("token", "key", "hash", "first") == "first"
    assert await queue.runs.claim_key("token", "key", "hash", "second") == "first"
    with pytest.raises(IdempotencyConflictError):
        await queue.runs.claim_key("token", "key", "other", "third")


async def test_queue_without_an_epoch_refuses_to_work(queue: Queue):
    await queue.redis.flushall()

    with pytest.raises(StoreUnavailableError, match="no epoch"):
        await queue.add("run")


async def test_epoch_that_has_begun_stays(queue: Queue):
    assert await queue.runs.begin_epoch(7, "other") == 1


async def test_events_in_history_are_deleted_once_they_are_old(queue: Queue):
    for number in range(300):
        await queue.add(f"run-{number:03}")
    stream = key("events", 1)
    added: Any = await queue.redis.xrange(stream)
    newest = added[-1][0]
    await queue.runs.trim_events(keep_seconds=0)
    unknown_to_history = await queue.redis.xlen(stream)
    await queue.redis.set(key("watermark", 1), newest)
    await queue.runs.trim_events(keep_seconds=600)
    young = await queue.redis.xlen(stream)
    await queue.runs.trim_events(keep_seconds=0)
    left: Any = await queue.redis.xrange(stream)

    assert unknown_to_history == young == 300
    # Redis deletes blocks of a hundred, and never what is after the watermark.
    assert 0 < len(left) <= 101
    assert left[-1][0] == newest


async def test_durations_of_successes_are_counted_by_version_and_job(queue: Queue):
    for number, (seconds, state) in enumerate(((10.0, "succeeded"), (99.0, "failed"))):
        await queue.add(f"run-{number}")
        await queue.add_agent()
        granted = await queue.start()
        queue.clock.advance(seconds)
        await queue.end(granted, attempt_state=state, run_state=state)

    of_version, of_job, of_nothing = await queue.runs.read_durations(
        [("job", 1), ("job", 2), ("other", 1)]
    )

    assert of_version == of_job == {10: 1}
    assert of_nothing == {}
