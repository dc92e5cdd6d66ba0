from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

import pytest
from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncEngine

from mlmon_report_writer.adapters.postgres.event_store import PostgresEventStore
from mlmon_report_writer.adapters.postgres.history_store import PostgresHistoryStore
from mlmon_report_writer.adapters.redis.event_streams import RedisEventStreams
from mlmon_report_writer.application.browse_history import get_run
from mlmon_report_writer.application.drain_events import EventDrain
from mlmon_report_writer.application.ports import Step
from mlmon_report_writer.domain.changes import Change
from mlmon_report_writer.domain.events import Kind, Offset
from mlmon_report_writer.errors import OffsetMovedError
from mlmon_shared.testing.clocks import FakeClock
from mlmon_shared.wire.states import AttemptState, RunState

if TYPE_CHECKING:
    from tests.integration.report_writer.conftest import Scheduler


MakeDrain = Callable[..., EventDrain]
ReadRows = Callable[[str], Awaitable[list[tuple[Any, ...]]]]
ALL_RUNS = "SELECT id, fields, epoch, rv FROM runs ORDER BY id"
ALL_ATTEMPTS = "SELECT id, fields, epoch, rv FROM attempts ORDER BY id"
DEAD_LETTERS = "SELECT position, entry, error FROM dead_letters ORDER BY position"

pytestmark = pytest.mark.usefixtures("epoch")


async def test_events_become_the_document_of_the_run(
    drain: EventDrain, scheduler: "Scheduler", engine: AsyncEngine, clock: FakeClock
) -> None:
    run_id = await scheduler.submit(batch="batch-1", key="acme/train")
    await scheduler.start(run_id)
    await scheduler.finish(run_id)

    done = await drain.drain()
    found = await get_run(PostgresHistoryStore(engine, "s0"), run_id, clock=clock)

    assert (done.events, done.batches) == (7, 1)
    assert found.state is RunState.SUCCEEDED
    assert found.is_durable
    assert (found.rv, found.attempt, found.metrics) == (4, 1, {"auc": 0.9})
    assert (found.queue_seconds, found.run_seconds) == (2.0, 10.0)
    assert [attempt.state for attempt in found.attempts] == [AttemptState.SUCCEEDED]


async def test_events_that_history_does_not_keep_are_passed_over(
    drain: EventDrain, scheduler: "Scheduler", rows: ReadRows
) -> None:
    await scheduler.add("agent", "agent-1", 1, state="quarantined", reason="why")
    run_id = await scheduler.submit()
    last = await scheduler.add("agent", "agent-1", 2, state="released")

    done = await drain.drain()

    assert (done.events, done.dead_letters) == (1, 0)
    assert [row[0] for row in await rows(ALL_RUNS)] == [run_id]
    assert await rows(DEAD_LETTERS) == []
    assert await scheduler.redis.get("{s0}:watermark:1") == last


async def test_typed_columns_follow_the_fields(
    drain: EventDrain, scheduler: "Scheduler", rows: ReadRows
) -> None:
    run_id = await scheduler.submit(key="k")
    await drain.drain()
    await scheduler.add("run", run_id, 2, state="failed", cause="oom", priority="70")
    await drain.drain()

    found = await rows("SELECT key, job, version, state, cause, priority, labels, batch FROM runs")

    assert found == [("k", "train", 1, "failed", "oom", 70, {"team": "growth"}, None)]


async def test_replay_of_all_entries_changes_nothing(
    drain: EventDrain,
    make_drain: MakeDrain,
    scheduler: "Scheduler",
    rows: ReadRows,
    engine: AsyncEngine,
) -> None:
    for _ in range(3):
        run_id = await scheduler.submit()
        await scheduler.start(run_id)
        await scheduler.finish(run_id)
    await drain.drain()
    before = await rows(ALL_RUNS), await rows(ALL_ATTEMPTS)

    async with engine.begin() as connection:
        await connection.exec_driver_sql("UPDATE stream_offsets SET position = '0-0'")
    done = await make_drain(batch_limit=4).drain()
    while not done.is_at_end:
        done = await make_drain(batch_limit=4).drain()

    assert (await rows(ALL_RUNS), await rows(ALL_ATTEMPTS)) == before


async def test_older_rv_never_overwrites(
    drain: EventDrain, scheduler: "Scheduler", rows: ReadRows
) -> None:
    run_id = await scheduler.submit()
    await scheduler.add("run", run_id, 5, state="running")
    await drain.drain()
    await scheduler.add("run", run_id, 3, state="leased", reason="late")
    await drain.drain()

    assert await rows("SELECT state, rv, fields ->> 'reason' FROM runs") == [("running", 5, None)]


async def test_final_state_is_never_overwritten_in_its_epoch(
    drain: EventDrain, scheduler: "Scheduler", rows: ReadRows
) -> None:
    run_id = await scheduler.submit()
    await scheduler.add("run", run_id, 5, state="failed")
    await drain.drain()
    await scheduler.add("run", run_id, 6, state="running")
    await drain.drain()

    assert await rows("SELECT state, rv FROM runs") == [("failed", 5)]


async def test_newer_epoch_overwrites_whatever_its_rv(
    drain: EventDrain,
    scheduler: "Scheduler",
    store: PostgresEventStore,
    clock: FakeClock,
    rows: ReadRows,
) -> None:
    run_id = await scheduler.submit()
    await scheduler.add("run", run_id, 5, state="running")
    scheduler.epoch = await store.begin_epoch("s0", "instance-2", after=0, now=clock.now())
    await scheduler.add("run", run_id, 1, state="queued")
    await drain.drain()

    assert await rows("SELECT state, epoch, rv FROM runs") == [("queued", 2, 1)]


async def test_newer_epoch_does_not_bring_back_what_is_final(
    drain: EventDrain,
    scheduler: "Scheduler",
    store: PostgresEventStore,
    clock: FakeClock,
    rows: ReadRows,
) -> None:
    run_id = await scheduler.submit()
    await scheduler.add("run", run_id, 5, state="succeeded")
    scheduler.epoch = await store.begin_epoch("s0", "instance-2", after=0, now=clock.now())
    await scheduler.add("run", run_id, 1, state="queued")
    await drain.drain()

    assert await rows("SELECT state, epoch FROM runs") == [("succeeded", 1)]


async def test_stream_that_lacks_what_history_has_is_noted_as_broken(
    drain: EventDrain, scheduler: "Scheduler", redis_client: Redis, rows: ReadRows
) -> None:
    await scheduler.submit()
    last = await scheduler.submit()
    await drain.drain()
    entries: Any = await redis_client.xrevrange("{s0}:events:1", count=1)
    await redis_client.xdel("{s0}:events:1", entries[0][0])
    await scheduler.add("run", last, 2, state="held")
    done = await drain.drain()

    assert done.events == 1
    assert await rows("SELECT is_broken FROM stream_offsets") == [(True,)]


async def test_stream_that_begins_after_history_is_not_broken(
    drain: EventDrain, scheduler: "Scheduler", redis_client: Redis, rows: ReadRows
) -> None:
    await scheduler.submit()
    await drain.drain()
    await scheduler.submit()
    await redis_client.xtrim("{s0}:events:1", maxlen=1, approximate=False)
    await drain.drain()

    assert await rows("SELECT is_broken FROM stream_offsets") == [(False,)]


async def test_entry_that_opens_an_epoch_is_no_event(
    drain: EventDrain, scheduler: "Scheduler", rows: ReadRows, redis_client: Redis
) -> None:
    position = await scheduler.add("epoch", "1", 0)
    done = await drain.drain()

    assert (done.events, done.dead_letters) == (0, 0)
    assert await redis_client.get("{s0}:watermark:1") == position


async def test_newer_epoch_waits_until_the_older_is_drained(
    make_drain: MakeDrain,
    scheduler: "Scheduler",
    store: PostgresEventStore,
    clock: FakeClock,
    rows: ReadRows,
) -> None:
    for _ in range(5):
        await scheduler.submit()
    scheduler.epoch = await store.begin_epoch("s0", "instance-2", after=0, now=clock.now())
    await scheduler.submit()

    await make_drain(batch_limit=3).drain()

    assert await rows("SELECT epoch, count(*) FROM runs GROUP BY epoch") == [(1, 3)]


async def test_watermark_is_the_last_durable_position(
    drain: EventDrain, scheduler: "Scheduler", redis_client: Redis
) -> None:
    await scheduler.submit()
    await scheduler.add_batch("batch-1", 1)
    await drain.drain()
    last = (await redis_client.xinfo_stream("{s0}:events:1"))["last-generated-id"]

    assert await redis_client.get("{s0}:watermark:1") == last


async def test_crash_between_commit_and_watermark_stores_once(  # noqa: PLR0917 - fixtures
    make_drain: MakeDrain,
    store: PostgresEventStore,
    streams: RedisEventStreams,
    scheduler: "Scheduler",
    redis_client: Redis,
    rows: ReadRows,
) -> None:
    run_id = await scheduler.submit()
    offset = Offset(1, "0-0")
    entries = (await streams.read([offset], limit=10, wait_seconds=0.01))[1]
    change = Change(run_id, 1, dict(entries[0].fields))
    changes = {Kind.RUN: {run_id: change}, Kind.ATTEMPT: {}, Kind.BATCH: {}}
    await store.apply(Step(offset, entries[0].position, None), changes, [])

    done = await make_drain().drain()

    assert done.events == 0
    assert len(await rows(ALL_RUNS)) == 1
    assert await redis_client.get("{s0}:watermark:1") == entries[0].position


async def test_lost_watermark_is_published_again(
    drain: EventDrain, scheduler: "Scheduler", redis_client: Redis, clock: FakeClock
) -> None:
    await scheduler.submit()
    await drain.drain()
    published = await redis_client.get("{s0}:watermark:1")
    await redis_client.delete("{s0}:watermark:1")
    clock.advance(5)
    await drain.drain()

    assert await redis_client.get("{s0}:watermark:1") == published


async def test_owner_behind_writes_nothing(
    store: PostgresEventStore, scheduler: "Scheduler", drain: EventDrain, rows: ReadRows
) -> None:
    await scheduler.submit()
    await drain.drain()
    before = await rows(ALL_RUNS)
    stale = {Kind.RUN: {"x": Change("x", 9, {"id": "x", "state": "held"})}}

    with pytest.raises(OffsetMovedError):
        await store.apply(Step(Offset(1, "0-0"), "9-9", None), stale, [])

    assert await rows(ALL_RUNS) == before


@pytest.mark.parametrize(
    "poison",
    [
        {"kind": "unknown"},
        {"kind": "run", "state": "dreaming"},
        {"kind": "run", "labels": "{"},
        {"kind": "run", "state": "queued", "rv": "x"},
        {"kind": "attempt", "state": "running"},
    ],
)
async def test_poison_entry_is_put_aside_alone(
    drain: EventDrain,
    scheduler: "Scheduler",
    redis_client: Redis,
    rows: ReadRows,
    poison: dict[str, str],
) -> None:
    first = await scheduler.submit()
    entry = {"kind": "run", "id": "nobody.1", "rv": "1", "at": "1", **poison}
    position = await redis_client.xadd("{s0}:events:1", dict[Any, Any](entry))
    second = await scheduler.submit()

    done = await drain.drain()

    assert (done.events, done.dead_letters) == (2, 1)
    assert [row[0] for row in await rows(ALL_RUNS)] == [first, second]
    assert [(row[0], row[1]) for row in await rows(DEAD_LETTERS)] == [(position, entry)]


async def test_entry_that_postgres_refuses_is_found_by_bisecting(
    drain: EventDrain, scheduler: "Scheduler", rows: ReadRows
) -> None:
    good = [await scheduler.submit() for _ in range(5)]
    # Longer than an index of PostgreSQL takes, and incompressible.
    bad = await scheduler.submit(
        job="".join(chr(0x4E00 + (i * 7919) % 20_000) for i in range(4000))
    )
    good += [await scheduler.submit() for _ in range(5)]

    done = await drain.drain()

    assert (done.events, done.dead_letters) == (10, 1)
    assert [row[0] for row in await rows(ALL_RUNS)] == good
    assert [row[1]["id"] for row in await rows(DEAD_LETTERS)] == [bad]


async def test_text_that_is_not_utf8_is_stored_readably(
    drain: EventDrain, scheduler: "Scheduler", rows: ReadRows
) -> None:
    run_id = await scheduler.submit()
    await scheduler.add("run", run_id, 2, reason=b"exit \xff\x00!")
    await drain.drain()

    assert await rows("SELECT fields ->> 'reason' FROM runs") == [("exit \ufffd\ufffd!",)]


async def test_first_epoch_of_an_unknown_shard_is_one_above_what_the_asker_knows(
    store: PostgresEventStore, clock: FakeClock
) -> None:
    assert await store.begin_epoch("s7", "a", after=4, now=clock.now()) == 5
    assert await store.begin_epoch("s7", "b", after=0, now=clock.now()) == 6
    assert await store.begin_epoch("s7", "a", after=9, now=clock.now()) == 5
