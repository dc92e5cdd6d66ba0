"""Backfills: slots of the past, made up for as one thing."""

import asyncio
from collections.abc import Awaitable
from datetime import timedelta
from typing import Any

import pytest

from mlmon_scheduler.adapters.redis.keys import key
from mlmon_shared.errors import (
    ConflictError,
    IdempotencyConflictError,
    InvalidRequestError,
    NotFoundError,
)
from mlmon_shared.wire.backfills import BackfillDocument, BackfillState, SkippedRun
from mlmon_shared.wire.states import RunState
from tests.integration.scheduler.backfilling import DAY, EVERY_SIX, SAM, Backfills, request
from tests.integration.scheduler.conftest import Queue
from tests.integration.scheduler.readers import live_reader
from tests.integration.scheduler.test_fire_schedules import HOUR


@pytest.fixture
def backfills(queue: Queue) -> Backfills:
    return Backfills(queue)


async def test_plan_says_slots_clients_and_runs(backfills: Backfills):
    plan = await backfills.manager.plan(request())

    assert (plan.slots, plan.clients, plan.runs, plan.hours) == (4, 2, 8, None)
    assert (plan.first, plan.last) == (DAY, DAY + timedelta(hours=18))
    all_clients = await backfills.manager.plan(request(clients={}))
    assert (all_clients.clients, all_clients.runs) == (3, 12)
    assert await backfills.manager.list_newest() == []


async def test_plan_says_hours_and_costs_once_runs_were_measured(backfills: Backfills):
    priced = [
        pool.model_copy(update={"price_per_hour": 64.0})
        for pool in backfills.snapshots.current.pools
    ]
    backfills.snapshots.change(pools=priced)
    await backfills.queue.add("measured", job="train")
    await backfills.queue.add_agent()
    granted = await backfills.queue.start()
    backfills.queue.clock.advance(1800)
    await backfills.queue.end(granted)
    await backfills.configuration.refresh_estimates()

    plan = await backfills.manager.plan(request())

    assert plan.measured_runs == 1
    assert plan.hours == pytest.approx(8 * 0.5, rel=0.15)
    assert plan.cost == pytest.approx(plan.hours, rel=0.01)


async def test_slots_run_oldest_first_with_a_bound(backfills: Backfills):
    started = await backfills.start(max_active=3)
    await backfills.go_on()
    found = await backfills.manager.get(started.id)
    assert (found.slots_started, len(found.batches), found.counts) == (2, 2, {"queued": 4})

    await backfills.queue.add_agent(slots=1)
    first = await backfills.end_runs(2)
    await backfills.go_on()
    assert {fields["slot_date"] for fields in first} == {"2026-01-05"}
    assert {int(fields["slot"]) // 3_600_000 % 24 for fields in first} == {0}
    assert {fields["lane"] for fields in first} == {"backfill"}
    assert (await backfills.manager.get(started.id)).slots_started == 3

    for _ in range(3):
        await backfills.end_runs(2)
        await backfills.go_on()
    found = await backfills.manager.get(started.id)
    assert (found.state, found.slots_started, found.batches) == ("finished", 4, [])
    assert found.counts == {"succeeded": 8}


async def test_scheduler_that_knows_less_than_the_plan_does_nothing_to_it(backfills: Backfills):
    newest = backfills.snapshots.current
    started = await backfills.start()
    # Of another replica, from before the job was saved.
    older = newest.model_copy(update={"config_revision": 1, "job_definitions": []})
    backfills.snapshots.current = older
    await backfills.go_on()
    found = await backfills.manager.get(started.id)
    assert (found.state, found.slots_started) == (BackfillState.RUNNING, 0)

    backfills.snapshots.current = newest
    await backfills.go_on()
    assert (await backfills.manager.get(started.id)).slots_started > 0


async def test_runs_of_a_slot_that_was_forgotten_at_once_are_counted(backfills: Backfills):
    queue = backfills.queue
    started = await backfills.start(until=DAY + timedelta(hours=6))
    await backfills.go_on()
    await queue.add_agent(slots=8)
    await backfills.end_runs(2)
    (batch_id,) = (await backfills.manager.get(started.id)).batches
    past = await live_reader(queue.runs, queue.redis).get_batch(batch_id)
    # As soon as history has it, the store may forget it: here before the loop looks.
    await queue.redis.delete(key("batch", batch_id), key("batch_counts", batch_id))

    backfills.past = None
    await backfills.go_on()
    assert (await backfills.manager.get(started.id)).state is BackfillState.RUNNING
    backfills.past = {batch_id: past}
    await backfills.go_on()

    ended = await backfills.manager.get(started.id)
    assert (ended.state, ended.counts) == (BackfillState.FINISHED, {RunState.SUCCEEDED: 2})


async def test_scheduler_that_died_in_between_begins_no_slot_twice(backfills: Backfills):
    started = await backfills.start(max_active=1)
    await backfills.go_on()
    # As if it had died after it opened the batch, and before it noted the slot.
    await backfills.queue.redis.hset(key("backfill", started.id), "slots_started", 0)

    await backfills.queue.add_agent(slots=1)
    await backfills.go_on()

    found = await backfills.manager.get(started.id)
    assert (len(found.batches), found.counts) == (1, {"queued": 2})


async def test_schedule_that_changes_meanwhile_changes_no_slot(backfills: Backfills):
    started = await backfills.start(max_active=100)
    await backfills.advancing.tick()

    backfills.snapshots.schedule("train", {"cron": "30 1 * * *", "clients": {"names": ["bolt"]}})
    await backfills.go_on()

    found = await backfills.manager.get(started.id)
    assert (found.slots_started, found.counts) == (4, {"queued": 8})
    runs = await backfills.runs()
    assert sorted({(client, slot) for _, client, slot in runs}) == [
        (client, slot) for client in ("acme", "coda") for slot in (0, 6, 12, 18)
    ]


async def test_runs_that_would_be_refused_are_named(backfills: Backfills):
    started = await backfills.start(max_active=100)
    too_large = {"cpu": 1, "memory": "1Ti"}
    backfills.snapshots.schedule("train", EVERY_SIX, resources=too_large)
    await backfills.go_on()

    found = await backfills.manager.get(started.id)
    assert (found.state, found.counts, found.skipped_count) == ("finished", {}, 8)
    assert (found.skipped[0].slot, found.skipped[0].client) == (DAY, "acme")
    assert "no host is large enough" in found.skipped[0].reason


async def test_how_far_it_is_never_goes_back(backfills: Backfills):
    started = await backfills.start()
    skipped = [SkippedRun(slot=DAY, client="acme", reason="why")]
    for slots in (2, 2, 1):
        await backfills.kept.note_slots(started.id, slots, skipped)

    found = await backfills.manager.get(started.id)
    assert (found.slots_started, found.skipped, found.skipped_count) == (2, skipped, 1)


async def test_same_key_starts_one_backfill(backfills: Backfills):
    def start(**fields: Any) -> Awaitable[BackfillDocument]:
        return backfills.manager.start(request(**fields), SAM, idempotency_key="key")

    first, second = await asyncio.gather(start(), start())

    assert first.id == second.id
    assert len(await backfills.manager.list_newest()) == 1
    with pytest.raises(IdempotencyConflictError):
        await start(max_active=7)


async def test_no_slot_begins_while_the_store_takes_nothing_new(backfills: Backfills):
    started = await backfills.start()

    assert await backfills.advancer.advance(may_begin=False) is False
    assert (await backfills.manager.get(started.id)).slots_started == 0
    assert await backfills.advancer.advance() is True


@pytest.mark.parametrize("overlap", ["skip", "queue_one", "cancel_running"])
async def test_schedule_goes_on_beside_a_backfill(backfills: Backfills, overlap: str):
    backfills.snapshots.schedule("train", {**EVERY_SIX, "overlap": overlap})
    await backfills.pass_time(0)
    started = await backfills.start(max_active=1)
    await backfills.go_on()

    await backfills.pass_time(6 * HOUR)

    (firing,) = await backfills.firings()
    assert (firing.runs, firing.skipped) == (2, [])
    assert {run["state"] for run in (await backfills.runs()).values()} == {"queued"}
    assert (await backfills.manager.get(started.id)).counts == {"queued": 2}


async def test_backfill_waits_for_the_backfill_of_its_upstream_job_slot_by_slot(
    backfills: Backfills,
):
    backfills.snapshots.schedule("train", {**EVERY_SIX, "overlap": "allow"})
    backfills.snapshots.schedule(
        "score", {"cron": "0 1,7 * * *", "overlap": "allow"}, depends_on=[{"job": "train"}]
    )
    await backfills.pass_time(0)
    await backfills.pass_time(6 * HOUR)
    await backfills.start()
    await backfills.go_on()
    await backfills.start(job="score", clients={"names": ["acme"]})
    await backfills.go_on()

    runs = await backfills.runs()
    for score, train in ((1, 0), (7, 6)):
        upstream = runs["train", "acme", train]
        assert upstream["backfill"]
        assert runs["score", "acme", score]["upstreams"] == f"train={upstream['id']}"


async def test_slot_minds_the_one_before_although_a_backfill_has_newer_runs(backfills: Backfills):
    await backfills.pass_time(0)
    await backfills.pass_time(6 * HOUR)
    await backfills.start(max_active=1)
    await backfills.go_on()

    await backfills.pass_time(6 * HOUR)

    first, second = await backfills.firings()
    assert (first.runs, second.runs) == (2, 0)
    assert "of before is queued" in second.skipped[0].reason


async def test_pause_holds_what_waits_and_resume_goes_on(backfills: Backfills):
    started = await backfills.start(max_active=3)
    await backfills.go_on()
    await backfills.queue.add_agent(slots=1)
    running = await backfills.queue.start()

    paused = await backfills.manager.pause(started.id, SAM)
    assert (paused.state, paused.counts) == ("paused", {"held": 3, "running": 1})
    await backfills.queue.end(running, attempt_state="succeeded", run_state="succeeded")
    await backfills.go_on()
    assert (await backfills.manager.get(started.id)).slots_started == 2
    assert await backfills.queue.lease() == []

    resumed = await backfills.manager.resume(started.id, SAM)
    assert (resumed.state, resumed.counts) == ("running", {"queued": 3, "succeeded": 1})


async def test_pause_while_a_slot_is_being_loaded_says_so(backfills: Backfills):
    started = await backfills.start()
    await backfills.advancing.tick()

    with pytest.raises(ConflictError, match="pause again in a moment"):
        await backfills.manager.pause(started.id, SAM)
    await backfills.load()

    assert (await backfills.manager.pause(started.id, SAM)).counts == {"held": 2}


async def test_cancel_ends_it_as_one_thing(backfills: Backfills):
    started = await backfills.start(max_active=3)
    await backfills.go_on()

    cancelled = await backfills.manager.cancel(started.id, SAM)
    await backfills.go_on()

    assert (cancelled.state, cancelled.counts) == ("cancelled", {"cancelled": 4})
    found = await backfills.manager.get(started.id)
    assert (found.batches, found.counts, found.slots_started) == ([], {"cancelled": 4}, 2)
    for change in (
        backfills.manager.pause(started.id, SAM),
        backfills.manager.resume(started.id, SAM),
    ):
        with pytest.raises(ConflictError, match="is cancelled"):
            await change


async def test_slot_that_was_begun_during_the_cancelling_is_cancelled_too(backfills: Backfills):
    started = await backfills.start(max_active=1)
    await backfills.advancing.tick()
    await backfills.kept.set_state(started.id, BackfillState.CANCELLED, was=BackfillState.RUNNING)

    await backfills.go_on()

    assert (await backfills.manager.get(started.id)).counts == {"cancelled": 2}


@pytest.mark.parametrize(
    ("fields", "pointer", "detail"),
    [
        ({"job": "trains"}, "/job", 'did you mean "train"?'),
        ({"job": "by-hand"}, "/job", "has no schedule"),
        ({"until": DAY}, "/until", "must lie after since"),
        ({"since": "2026-01-05T00:00:00"}, "/since", "say the offset too"),
        ({"since": "0001-01-01T00:00:00Z"}, "/since", "must not lie before 1970"),
        ({"until": "9999-12-31T23:59:59Z"}, "/until", "more than 10000 slots"),
        ({"until": DAY + timedelta(days=2501)}, "/until", "more than 10000 slots"),
        (
            {"since": DAY + timedelta(hours=1), "until": DAY + timedelta(hours=2)},
            "/since",
            "no slot",
        ),
        ({"clients": {"names": ["nobody"]}}, "/since", "no client is selected"),
    ],
)
async def test_what_cannot_be_is_refused(
    backfills: Backfills, fields: dict[str, Any], pointer: str, detail: str
):
    definitions = backfills.snapshots.current.job_definitions
    by_hand = definitions[0].model_copy(
        update={
            "name": "by-hand",
            "definition": definitions[0].definition.model_copy(
                update={"name": "by-hand", "schedule": None}
            ),
        }
    )
    backfills.snapshots.change(job_definitions=[*definitions, by_hand])

    with pytest.raises(InvalidRequestError) as caught:
        await backfills.start(**fields)

    (fault,) = caught.value.errors
    assert fault["pointer"] == pointer
    assert detail in fault["detail"]


async def test_unknown_backfill_is_not_found(backfills: Backfills):
    with pytest.raises(NotFoundError, match="the last 100 are kept"):
        await backfills.manager.get("none")
