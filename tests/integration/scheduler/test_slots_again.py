"""Slots that are fired again, long after they passed, or beside others of the same job."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

import pytest

from mlmon_scheduler.adapters.redis.keys import key
from mlmon_scheduler.adapters.redis.schedule_store import RedisScheduleStore
from mlmon_scheduler.adapters.redis.scripts import Scripts
from mlmon_scheduler.application.fire_schedules import NewestRun
from mlmon_scheduler.domain.schedules import ScheduleState
from mlmon_scheduler.loops.start_schedules import StartSchedules
from mlmon_shared.wire.records import from_milliseconds
from tests.integration.scheduler.conftest import Queue
from tests.integration.scheduler.test_fire_schedules import HOUR, HOURLY, Schedules

ACME = {"clients": {"names": ["acme"]}}


@pytest.fixture
def schedules(queue: Queue) -> Schedules:
    return Schedules(queue)


async def states(schedules: Schedules) -> list[tuple[int, str]]:
    """The slot's hour and the state of each run."""
    return sorted((slot, run["state"]) for (_, _, slot), run in (await schedules.runs()).items())


async def forget_slots(schedules: Schedules, hours: int) -> None:
    """As if a scheduler had died between opening batches and noting their slots."""
    state = f"{schedules.queue.clock.now_ms() - hours * 3_600_000}|UTC 0 * * * *"
    await schedules.queue.redis.hset(key("schedules"), "train", state)
    await schedules.queue.redis.delete(key("firings", "train"))


@pytest.mark.parametrize("overlap", ["skip", "queue_one", "cancel_running", "allow"])
async def test_slot_that_is_fired_again_leaves_its_runs_alone(schedules: Schedules, overlap: str):
    schedules.snapshots.schedule("train", {**HOURLY, **ACME, "overlap": overlap})
    await schedules.pass_time(0)
    await schedules.pass_time(HOUR)

    await forget_slots(schedules, 1)
    await schedules.pass_time(0)

    assert await states(schedules) == [(13, "queued")]
    (firing,) = await schedules.firings()
    assert (firing.runs, firing.skipped) == (1, [])


async def test_scheduler_that_is_overtaken_leaves_the_runs_of_the_other_alone(
    schedules: Schedules,
):
    class Overtaken(RedisScheduleStore):
        async def find_newest(self, job: str, clients: Sequence[str]) -> Mapping[str, NewestRun]:
            await schedules.pass_time(0)
            return await super().find_newest(job, clients)

    schedules.snapshots.schedule("train", {**HOURLY, **ACME, "overlap": "cancel_running"})
    await schedules.pass_time(0)
    schedules.queue.clock.advance(HOUR)
    scripts = Scripts(schedules.queue.redis, now_ms=schedules.queue.clock.now_ms)

    await schedules.firer(Overtaken(scripts)).fire_due()
    await schedules.load()

    assert await states(schedules) == [(13, "queued")]
    assert [firing.runs for firing in await schedules.firings()] == [1]


async def test_older_slot_that_is_fired_again_leaves_runs_of_newer_ones_alone(
    schedules: Schedules,
):
    schedules.snapshots.schedule("train", {**HOURLY, **ACME, "overlap": "cancel_running"})
    await schedules.pass_time(0)
    for _ in range(2):
        await schedules.pass_time(HOUR)
    kept = await states(schedules)
    assert kept[-1] == (14, "queued")

    await forget_slots(schedules, 2)
    await schedules.pass_time(0)

    assert await states(schedules) == kept


async def test_slot_that_started_nothing_starts_nothing_later(schedules: Schedules):
    schedules.snapshots.schedule("train", {**HOURLY, "clients": {"names": ["nobody", "later"]}})
    await schedules.pass_time(0)
    await schedules.pass_time(HOUR)
    state = f"{schedules.queue.clock.now_ms() - 3_600_000}|UTC 0 * * * *"
    await schedules.queue.redis.hset(key("schedules"), "train", state)
    clients = schedules.snapshots.current.clients
    later = clients[0].model_copy(update={"name": "later"})
    schedules.snapshots.change(clients=[*clients, later])

    await schedules.pass_time(0)

    assert await states(schedules) == []


async def test_note_of_a_slot_never_goes_back(schedules: Schedules):
    def state(hours: int, signature: str = "same") -> ScheduleState:
        return ScheduleState(from_milliseconds(hours * 3_600_000), signature)

    for noted, expected in [
        (state(2), state(2)),
        (state(1), state(2)),
        (state(3), state(3)),
        (state(1, "other"), state(1, "other")),
    ]:
        await schedules.store.note_state("train", noted)
        assert (await schedules.store.read_states(["train"]))["train"] == expected


@pytest.mark.parametrize(
    ("overlap", "hours"), [("skip", [13]), ("allow", [13, 14, 15]), ("cancel_running", [15])]
)
async def test_missed_slots_look_at_each_other(
    schedules: Schedules, overlap: str, hours: list[int]
):
    rules = {"misfire": {"fire_all": 3}, "overlap": overlap}
    schedules.snapshots.schedule("train", {**HOURLY, **ACME, **rules})
    await schedules.pass_time(0)

    await schedules.pass_time(3.5 * HOUR)
    await schedules.queue.settle()

    live = [slot for slot, state in await states(schedules) if state != "cancelled"]
    assert live == hours
    assert len(await schedules.firings()) == 3


async def test_next_slot_waits_until_the_one_before_is_loaded(schedules: Schedules):
    schedules.snapshots.schedule("train", {**HOURLY, **ACME})
    schedules.snapshots.schedule("score", {**HOURLY, **ACME}, depends_on=[{"job": "train"}])
    await schedules.pass_time(0)
    for _ in range(2):
        schedules.queue.clock.advance(HOUR)
        assert await schedules.loop().tick() is False
    fired = [(firing.job, firing.slot.hour) for firing in await schedules.firings()]
    assert sorted(fired) == [("score", 13), ("train", 13)]

    await schedules.pass_time(0)
    await schedules.pass_time(0)

    runs = {(each.job, each.slot.hour): each.runs for each in await schedules.firings()}
    assert runs == {("train", 13): 1, ("score", 13): 1, ("train", 14): 0, ("score", 14): 0}


async def test_job_waits_for_the_slots_of_what_it_depends_on(schedules: Schedules):
    schedules.snapshots.schedule("train", {**HOURLY, **ACME, "overlap": "allow"})
    await schedules.pass_time(0)
    schedules.queue.clock.advance(HOUR)
    await schedules.loop().tick()
    after_train = [{"job": "train", "within": "2d"}]
    schedules.snapshots.schedule("score", {**HOURLY, **ACME}, depends_on=after_train)
    await schedules.loop().tick()
    schedules.queue.clock.advance(HOUR)

    await schedules.loop().tick()
    assert [firing.job for firing in await schedules.firings()] == ["train"]

    await schedules.load()
    await schedules.pass_time(0)
    runs = await schedules.runs()
    assert runs["score", "acme", 14]["upstreams"] == f"train={runs['train', 'acme', 14]['id']}"


async def test_more_missed_slots_than_are_looked_at_fire_once(schedules: Schedules):
    schedules.snapshots.schedule("train", {"cron": "* * * * *", **ACME, "overlap": "allow"})
    await schedules.pass_time(0)

    await schedules.pass_time(8 * 24 * HOUR + 30)
    for _ in range(2):
        await schedules.pass_time(1)

    (firing,) = await schedules.firings()
    assert firing.fired_at - firing.slot == timedelta(seconds=30)


async def test_schedule_of_an_archived_job_that_comes_back_begins_with_its_next_slot(
    schedules: Schedules,
):
    schedules.snapshots.schedule("train", HOURLY)
    await schedules.pass_time(0)
    kept = schedules.snapshots.current.job_definitions
    schedules.snapshots.change(job_definitions=[], archived_jobs=["train"])
    await schedules.pass_time(5.5 * HOUR)
    schedules.snapshots.change(job_definitions=kept, archived_jobs=[])

    await schedules.pass_time(60)
    await schedules.pass_time(60)
    assert await schedules.firings() == []

    await schedules.pass_time(HOUR / 2)
    assert [firing.runs for firing in await schedules.firings()] == [3]


async def test_slots_wait_while_the_store_takes_nothing_new(schedules: Schedules):
    schedules.snapshots.schedule("train", {**HOURLY, **ACME})
    await schedules.pass_time(0)
    schedules.queue.clock.advance(HOUR)
    has_room = False
    loop = StartSchedules(schedules.firer(), lambda: has_room)

    assert await loop.tick() is False
    assert await schedules.firings() == []

    has_room = True
    await loop.tick()
    assert [firing.runs for firing in await schedules.firings()] == [1]
