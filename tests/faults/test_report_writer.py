"""report-writer killed around its commit, and events that reach it twice."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import pytest

import mlmon
from mlmon_scheduler.adapters.redis.keys import key
from mlmon_shared.testing.polling import eventually
from mlmon_standalone.front import REPORT_WRITER
from tests.faults.checker import check_workload
from tests.faults.harness import Cluster, in_the_middle
from tests.faults.workload import Workload
from tests.integration.report_writer.receivers import open_receiver

pytestmark = pytest.mark.asyncio(loop_scope="module")


@asynccontextmanager
async def commits_held_up(cluster: Cluster) -> AsyncIterator[asyncpg.Connection]:
    """Keep report-writer's transactions from being committed: each waits at its first upsert."""
    connection = await asyncpg.connect(**cluster.postgres.asyncpg_kwargs("reports"))
    try:
        transaction = connection.transaction()
        await transaction.start()
        await connection.execute("LOCK TABLE runs, attempts, batches IN EXCLUSIVE MODE")

        async def is_waiting() -> bool:
            return bool(
                await connection.fetchval(
                    "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
                    " AND application_name = 'mlmon-report-writer'"
                )
            )

        await eventually(is_waiting, within_seconds=20)
        yield connection
    finally:
        await connection.close()


async def offset(cluster: Cluster) -> str:
    rows = await asyncio.to_thread(
        cluster.postgres.execute, "SELECT position FROM stream_offsets", database="reports"
    )
    return str(rows[0][0])


async def watermark(cluster: Cluster) -> str:
    return str(await cluster.events.redis.get(key("watermark", 1)))


async def test_report_writer_killed_before_its_commit(cluster: Cluster, workload: Workload):
    batch = await workload.submit(cluster.client)
    await in_the_middle(cluster, batch)

    async with commits_held_up(cluster):
        before = await offset(cluster)
        cluster.services[REPORT_WRITER].kill()
        after = await offset(cluster)
    batch = await cluster.client.wait_batch(batch, timeout=90)
    await cluster.restart(REPORT_WRITER)

    await check_workload(cluster, workload, batch)
    assert after == before


async def test_report_writer_killed_after_its_commit(cluster: Cluster, workload: Workload):
    batch = await workload.submit(cluster.client)
    await in_the_middle(cluster, batch)

    async with commits_held_up(cluster):
        # Only reads are answered, so that the watermark cannot follow the commit.
        await cluster.events.redis.execute_command("CLIENT", "PAUSE", 10_000, "WRITE")
        before = await watermark(cluster)

    async def is_committed() -> bool:
        return await offset(cluster) != before

    await eventually(is_committed, within_seconds=9)
    cluster.services[REPORT_WRITER].kill()
    after = await watermark(cluster)
    await cluster.events.redis.execute_command("CLIENT", "UNPAUSE")
    batch = await cluster.client.wait_batch(batch, timeout=90)
    await cluster.restart(REPORT_WRITER)

    await check_workload(cluster, workload, batch)
    assert after == before


async def test_events_that_arrive_twice_are_in_history_once(cluster: Cluster, workload: Workload):
    cluster.events.is_doubling = True
    batch = await workload.submit(cluster.client)

    batch = await cluster.client.wait_batch(batch, timeout=90)
    await cluster.events.whole()
    cluster.events.is_doubling = False

    await check_workload(cluster, workload, batch)
    assert cluster.events.copies == len(cluster.events.entries)


async def test_history_stays_as_it_is_when_the_stream_is_read_again(
    cluster: Cluster, workload: Workload
):
    batch = await workload.submit(cluster.client)
    batch = await cluster.client.wait_batch(batch, timeout=90)
    await check_workload(cluster, workload, batch)

    async def rows() -> list[tuple[str | None, ...]]:
        found = []
        for table in ("runs", "attempts", "batches"):
            statement = f"SELECT id, fields, epoch, rv FROM {table} ORDER BY id"  # noqa: S608
            found += await asyncio.to_thread(
                cluster.postgres.execute, statement, database="reports"
            )
        return found

    known, end = await rows(), await offset(cluster)
    await asyncio.to_thread(
        cluster.postgres.execute,
        "UPDATE stream_offsets SET position = '0-0'",
        database="reports",
    )

    async def is_at_the_end_again() -> bool:
        return await offset(cluster) == end

    await eventually(is_at_the_end_again)
    assert await rows() == known
    letters = cluster.postgres.execute("SELECT * FROM dead_letters", database="reports")
    assert letters == []


async def test_report_writer_killed_before_it_noted_that_a_webhook_was_told(
    cluster: Cluster, tmp_path: Path
):
    await Workload(tmp_path, pool="unattended").apply(cluster.client)
    async with open_receiver() as receiver:
        webhook = {"name": "chat", "url": receiver.url, "events": ["run.cancelled"]}
        secret = (await cluster.client.put_webhook(webhook)).secret or ""
        # Once it took a ping, report-writer knows it.
        assert (await cluster.client.ping_webhook("chat")).is_delivered
        receiver.may_answer.clear()
        run = await cluster.client.submit("make", client="failing", params={"ledger": "none"})
        await cluster.client.cancel(run)
        await eventually(lambda: len(receiver.received) == 2)

        cluster.services[REPORT_WRITER].kill()
        receiver.may_answer.set()
        await asyncio.to_thread(
            cluster.postgres.execute,
            # As it is a minute later, when nobody claims the message any more.
            "UPDATE webhook_deliveries SET next_try_at = now()",
            database="reports",
        )
        await cluster.restart(REPORT_WRITER)

        async def is_noted() -> bool:
            page = await cluster.client.webhook_deliveries("chat", state="delivered")
            return [delivery.subject for delivery in page] == [run.id]

        await eventually(is_noted, within_seconds=20)
        await cluster.client.remove_webhook("chat")

    first, again = receiver.received[1:]
    assert first.id == again.id
    for sent in (first, again):
        assert mlmon.verify_webhook(sent.headers, sent.body, secret).data["id"] == run.id
