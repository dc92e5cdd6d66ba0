"""Backfills: slots of the past, made up for as one thing."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mlmon_scheduler.adapters.redis.backfill_store import RedisBackfillStore
from mlmon_scheduler.adapters.redis.event_hub import EventHub
from mlmon_scheduler.adapters.redis.scripts import Scripts
from mlmon_scheduler.application.backfills import BackfillAdvancer, BackfillManager
from mlmon_scheduler.application.cancel_runs import RunCanceller
from mlmon_scheduler.application.hold_runs import RunHolder
from mlmon_scheduler.application.open_batches import BatchOpener
from mlmon_scheduler.application.open_slots import SlotOpener
from mlmon_scheduler.application.parked_polls import ParkedPolls
from mlmon_scheduler.application.read_runs import RunReader
from mlmon_scheduler.loops.advance_backfills import AdvanceBackfills
from mlmon_shared.clients.report_writer import ReportWriterClient
from mlmon_shared.clients.transport import Transport
from mlmon_shared.errors import ConflictError, InvalidRequestError, NotFoundError
from mlmon_shared.ids import new_id
from mlmon_shared.principals import Principal
from mlmon_shared.wire.backfills import BackfillDocument, BackfillRequest, BackfillState
from tests.integration.scheduler.conftest import Queue
from tests.integration.scheduler.test_fire_schedules import Schedules

DAY = datetime(2026, 1, 5, tzinfo=UTC)
SAM = Principal(token_id="token", name="sam", scopes=frozenset())
EVERY_SIX = {"cron": "0 */6 * * *", "clients": {"labels": {"tier": "gold"}}}


class Backfills(Schedules):
    """The use cases and the loop, beside those of schedules."""

    def __init__(self, queue: Queue) -> None:
        super().__init__(queue)
        self.snapshots.schedule("train", EVERY_SIX)
        self.kept = RedisBackfillStore(Scripts(queue.redis, now_ms=queue.clock.now_ms))
        history = ReportWriterClient(Transport("http://nowhere.invalid", token="none"))
        reader = RunReader(queue.runs, history, EventHub(queue.redis, ParkedPolls()))
        self.manager = BackfillManager(
            store=self.kept,
            runs=queue.runs,
            configuration=self.configuration,
            holder=RunHolder(queue.runs, reader),
            canceller=RunCanceller(queue.runs, reader),
            new_id=new_id,
        )
        slots = SlotOpener(
            self.configuration, BatchOpener(queue.runs, reader, new_id), lambda: None
        )
        self.advancing = AdvanceBackfills(
            BackfillAdvancer(self.kept, queue.runs, self.configuration, slots)
        )

    async def start(self, **fields: Any) -> BackfillDocument:
        return await self.manager.start(request(**fields), SAM)

    async def go_on(self) -> None:
        while await self.advancing.tick():
            await self.load()
        await self.load()

    async def end_runs(self, number: int) -> list[Mapping[str, str]]:
        """Let so many runs be leased and succeed; return them as they were when leased."""
        ended = []
        for _ in range(number):
            granted = await self.queue.start()
            ended.append(await self.queue.fields(granted.run_id))
            await self.queue.end(granted, attempt_state="succeeded", run_state="succeeded")
        return ended


def request(**fields: Any) -> BackfillRequest:
    return BackfillRequest.model_validate(
        {"job": "train", "since": DAY, "until": DAY + timedelta(days=1), **fields}
    )


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


async def test_scheduler_that_died_in_between_begins_no_slot_twice(backfills: Backfills):
    started = await backfills.start(max_active=1)
    await backfills.go_on()
    # As if it had died after it opened the batch, and before it noted the slot.
    await backfills.kept.note_slots(started.id, 0)

    await backfills.queue.add_agent(slots=1)
    await backfills.go_on()

    found = await backfills.manager.get(started.id)
    assert (len(found.batches), found.counts) == (1, {"queued": 2})


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

    resumed = await backfills.manager.resume(started.id)
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
    for change in (backfills.manager.pause(started.id, SAM), backfills.manager.resume(started.id)):
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
