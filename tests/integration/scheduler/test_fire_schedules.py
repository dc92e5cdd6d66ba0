"""Slots of schedules: each fires once, in order, for the clients that it should."""

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from mlmon_scheduler.adapters.redis.backfill_store import RedisBackfillStore
from mlmon_scheduler.adapters.redis.keys import key
from mlmon_scheduler.adapters.redis.schedule_store import RedisScheduleStore
from mlmon_scheduler.adapters.redis.scripts import Scripts
from mlmon_scheduler.application.configuration import Configuration
from mlmon_scheduler.application.find_slot_batches import SlotBatchFinder
from mlmon_scheduler.application.fire_schedules import FiringReader, ScheduleFirer
from mlmon_scheduler.application.open_batches import BatchOpener
from mlmon_scheduler.application.open_slots import SlotOpener
from mlmon_scheduler.loops.load_batches import LoadBatches
from mlmon_scheduler.loops.start_schedules import StartSchedules
from mlmon_shared.ids import new_id
from mlmon_shared.wire.catalog import Client, CurrentDefinition, Pool, Snapshot
from mlmon_shared.wire.job_definitions import JobDefinition, Resources
from mlmon_shared.wire.schedules import FiringDocument, SkippedClient
from tests.integration.scheduler.conftest import Queue
from tests.integration.scheduler.readers import live_reader

GIB = 2**30
HOUR = 3600.0
HOURLY: dict[str, Any] = {"cron": "0 * * * *"}


class Snapshots:
    """config-api's snapshot, as the follower would have it."""

    def __init__(self) -> None:
        self.current = Snapshot(
            config_revision=1,
            job_definitions=[],
            clients=[
                Client(name="acme", labels={"tier": "gold"}),
                Client(name="bolt"),
                Client(name="coda", labels={"tier": "gold"}),
            ],
            pools=[Pool(name="cpu", resources=Resources(cpu=64, memory=64 * GIB))],
            tokens=[],
        )

    async def catch_up(self) -> None:
        """There is nothing newer."""

    async def get_job_definition(self, name: str, version: int | None = None) -> Any:
        raise AssertionError(f"{name} {version} is in the snapshot")

    def change(self, **fields: Any) -> None:
        fields["config_revision"] = self.current.config_revision + 1
        self.current = self.current.model_copy(update=fields)

    def schedule(self, job: str, schedule: Mapping[str, Any], **fields: Any) -> None:
        definition = JobDefinition.model_validate(
            {
                "name": job,
                "image": "i",
                "command": ["x"],
                "resources": {"cpu": 1, "memory": "1Gi"},
                "schedule": schedule,
                **fields,
            }
        )
        others = [each for each in self.current.job_definitions if each.name != job]
        added = CurrentDefinition(name=job, version=1, definition=definition)
        self.change(job_definitions=[*others, added])


class Schedules:
    """The use case, its loop, and what it needs."""

    def __init__(self, queue: Queue) -> None:
        self.queue = queue
        self.snapshots = Snapshots()
        self.configuration = Configuration(self.snapshots, self.snapshots, queue.runs)
        self.store = RedisScheduleStore(Scripts(queue.redis, now_ms=queue.clock.now_ms))
        self.backfills = RedisBackfillStore(Scripts(queue.redis, now_ms=queue.clock.now_ms))
        self.loading = LoadBatches(queue.runs)

    def loop(self) -> StartSchedules:
        """As a scheduler that has just begun has it."""
        return StartSchedules(self.firer())

    def firer(self, store: RedisScheduleStore | None = None) -> ScheduleFirer:
        reader = live_reader(self.queue.runs, self.queue.redis)
        opener = BatchOpener(self.queue.runs, reader, new_id)
        finder = SlotBatchFinder(self.configuration, self.backfills)
        slots = SlotOpener(self.configuration, finder, opener, lambda: None)
        return ScheduleFirer(store or self.store, self.queue.runs, self.configuration, slots)

    async def pass_time(self, seconds: float) -> None:
        """Let time pass while a scheduler runs."""
        self.queue.clock.advance(seconds)
        loop = self.loop()
        while await loop.tick():
            await self.load()
        await self.load()

    async def load(self) -> None:
        while await self.loading.tick():
            pass

    async def firings(self) -> list[FiringDocument]:
        """The oldest first."""
        reader = FiringReader(self.store, self.configuration)
        return (await reader.list_firings(None, 100))[::-1]

    async def runs(self) -> dict[tuple[str, str, int], Mapping[str, str]]:
        """Fields by job, client and the slot's hour."""
        ids = await self.queue.redis.zrange(key("live"), 0, -1)
        found = {}
        for run_id in ids:
            fields = await self.queue.fields(str(run_id))
            slot = int(fields["slot"]) // 3_600_000 % 24
            found[fields["job"], fields["client"], slot] = fields
        return found


@pytest.fixture
def schedules(queue: Queue) -> Schedules:
    return Schedules(queue)


async def test_slot_starts_a_batch_of_the_selected_clients(schedules: Schedules):
    schedules.snapshots.schedule("train", {**HOURLY, "clients": {"labels": {"tier": "gold"}}})
    await schedules.pass_time(0)
    await schedules.pass_time(HOUR - 1)
    assert await schedules.firings() == []

    await schedules.pass_time(1)

    runs = await schedules.runs()
    assert sorted(runs) == [("train", "acme", 13), ("train", "coda", 13)]
    (firing,) = await schedules.firings()
    assert (firing.job, firing.runs, firing.skipped_count) == ("train", 2, 0)
    assert firing.slot.isoformat() == "2026-01-05T13:00:00+00:00"
    batch = await schedules.queue.runs.find_batch(firing.batch or "")
    assert batch is not None
    assert (batch.fields["name"], batch.fields["submitted_by"], batch.fields["total"]) == (
        "train 2026-01-05T13:00+00:00",
        "schedule",
        "2",
    )
    run = runs["train", "acme", 13]
    assert (run["slot_date"], run["submitted_by"], run["state"]) == (
        "2026-01-05",
        "schedule",
        "queued",
    )


async def test_double_ticks_restarts_and_two_schedulers_fire_a_slot_once(schedules: Schedules):
    schedules.snapshots.schedule("train", {**HOURLY, "overlap": "allow"})
    await schedules.pass_time(0)
    schedules.queue.clock.advance(HOUR)

    await asyncio.gather(*(schedules.loop().tick() for _ in range(5)))
    await schedules.load()
    # As if the note of the slot had been lost between firing and noting.
    state = f"{schedules.queue.clock.now_ms() - 3_600_000}|UTC 0 * * * *"
    await schedules.queue.redis.hset(key("schedules"), "train", state)
    await schedules.loop().tick()
    await schedules.load()

    assert len(await schedules.runs()) == 3
    assert len(await schedules.firings()) == 1
    events = [event for event in await schedules.queue.events() if event.get("created_at")]
    assert len(events) == 3


@pytest.mark.parametrize(
    ("misfire", "hours"),
    [("fire_once", [15]), ("skip", []), ({"fire_all": 2}, [14, 15])],
)
async def test_slots_that_were_missed(schedules: Schedules, misfire: object, hours: list[int]):
    schedules.snapshots.schedule("train", {**HOURLY, "misfire": misfire, "overlap": "allow"})
    await schedules.pass_time(0)

    await schedules.pass_time(3.5 * HOUR)

    assert sorted({slot for _, _, slot in await schedules.runs()}) == hours
    await schedules.pass_time(0.5 * HOUR)
    assert sorted({slot for _, _, slot in await schedules.runs()}) == [*hours, 16]


async def test_paused_schedules_and_clients_start_nothing_and_make_up_for_nothing(
    schedules: Schedules,
):
    schedules.snapshots.schedule("train", {**HOURLY, "misfire": {"fire_all": 9}})
    schedules.snapshots.change(paused_schedules=["train"])
    await schedules.pass_time(0)
    await schedules.pass_time(2 * HOUR)
    assert await schedules.firings() == []

    schedules.snapshots.change(paused_schedules=[], paused_clients=["bolt"])
    await schedules.pass_time(HOUR)

    assert sorted(await schedules.runs()) == [("train", "acme", 15), ("train", "coda", 15)]
    (firing,) = await schedules.firings()
    assert firing.skipped == [SkippedClient(client="bolt", reason="the client is paused")]


async def test_client_whose_last_run_is_not_final_is_skipped(schedules: Schedules):
    schedules.snapshots.schedule("train", HOURLY)
    await schedules.pass_time(0)
    await schedules.pass_time(HOUR)
    first = (await schedules.runs())["train", "acme", 13]["id"]
    await schedules.queue.runs.cancel([first], "why")

    await schedules.pass_time(HOUR)

    assert [client for _, client, slot in await schedules.runs() if slot == 14] == ["acme"]
    skipped = (await schedules.firings())[-1].skipped
    assert [each.client for each in skipped] == ["bolt", "coda"]
    assert "of before is queued" in skipped[0].reason


@pytest.mark.parametrize(
    ("overlap", "before", "states"),
    [("queue_one", "running", ["blocked"]), ("cancel_running", "cancelling", ["blocked"] * 2)],
)
async def test_next_run_waits_for_the_one_that_runs(
    schedules: Schedules, overlap: str, before: str, states: list[str]
):
    queue = schedules.queue
    schedules.snapshots.schedule(
        "train", {**HOURLY, "overlap": overlap, "clients": {"names": ["acme"]}}
    )
    await schedules.pass_time(0)
    await schedules.pass_time(HOUR)
    await queue.add_agent(slots=1)
    granted = await queue.start()

    await schedules.pass_time(HOUR)

    assert await queue.state(granted.run_id) == before
    # A second one is not queued; one that waits is replaced where the running is cancelled.
    await schedules.pass_time(HOUR)
    waiting = [
        fields["state"]
        for (_, _, slot), fields in sorted((await schedules.runs()).items())
        if slot > 13
    ]
    assert waiting[-1] == "blocked"
    assert len(waiting) <= len(states)
    await queue.end(granted, attempt_state="succeeded", run_state="succeeded")
    await queue.settle()
    (left,) = [
        fields for fields in (await schedules.runs()).values() if fields["state"] != "cancelled"
    ]
    assert left["state"] == "queued"


async def test_run_of_a_slot_waits_for_the_upstream_run_of_that_slot(schedules: Schedules):
    schedules.snapshots.schedule(
        "score", {**HOURLY, "overlap": "allow"}, depends_on=[{"job": "train", "within": "2d"}]
    )
    schedules.snapshots.schedule("train", {**HOURLY, "overlap": "allow", "jitter": "30m"})
    await schedules.pass_time(0)
    for _ in range(2):
        await schedules.pass_time(HOUR)

    runs = await schedules.runs()
    for client in ("acme", "bolt", "coda"):
        for slot in (13, 14):
            score, train = runs["score", client, slot], runs["train", client, slot]
            assert score["state"] == "blocked"
            assert score["upstreams"] == f"train={train['id']}"


async def test_jitter_delays_each_client_by_its_own(schedules: Schedules):
    schedules.snapshots.schedule("train", {**HOURLY, "jitter": "30m"})
    await schedules.pass_time(0)
    await schedules.pass_time(HOUR)

    waits = {
        (int(fields["not_before"]) - int(fields["slot"])) / 1000
        for fields in (await schedules.runs()).values()
    }
    assert len(waits) == 3
    assert all(0 < wait <= 1800 for wait in waits)


async def test_changed_schedule_begins_anew(schedules: Schedules):
    schedules.snapshots.schedule("train", {"cron": "0 3 * * *"})
    await schedules.pass_time(0)
    schedules.queue.clock.advance(5 * HOUR)
    schedules.snapshots.schedule("train", {"cron": "*/10 * * * *"})

    await schedules.pass_time(0)
    assert await schedules.firings() == []

    await schedules.pass_time(600)
    assert [firing.runs for firing in await schedules.firings()] == [3]


async def test_client_with_bad_parameters_is_named_and_the_others_run(schedules: Schedules):
    schedules.snapshots.schedule("train", HOURLY, resources={"cpu": 1, "memory": "1Ti"})
    await schedules.pass_time(0)

    await schedules.pass_time(HOUR)

    (firing,) = await schedules.firings()
    assert (firing.runs, firing.batch, firing.skipped_count) == (0, None, 3)
    assert "no host is large enough" in firing.skipped[0].reason


async def test_last_fifty_firings_are_kept(schedules: Schedules):
    schedules.snapshots.schedule("train", {**HOURLY, "clients": {"names": ["nobody"]}})
    await schedules.pass_time(0)
    for _ in range(52):
        await schedules.pass_time(HOUR)

    assert len(await schedules.firings()) == 50
