import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mlmon_shared.wire.agent_protocol import Grant, Result, Vector
from mlmon_shared.wire.states import AttemptState
from mlmon_worker_agent.adapters.sqlite_journal import SqliteJournal
from mlmon_worker_agent.domain.attempts import AttemptRef, JournalState
from mlmon_worker_agent.domain.log_archives import ArchivePosition

REF = AttemptRef("run-1", 1, "1.1")


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[SqliteJournal]:
    with SqliteJournal(tmp_path / "journal.sqlite3", boot_id="boot") as journal:
        yield journal


GRANT = Grant(
    run_id=REF.run_id,
    attempt=REF.number,
    fence=REF.fence,
    resources=Vector(),
    accept_by=datetime(2026, 1, 5, tzinfo=UTC),
    stop_after_seconds=15,
    kill_grace_seconds=5,
)


async def record_end(journal: SqliteJournal) -> None:
    result = Result(
        run_id=REF.run_id,
        attempt=REF.number,
        fence=REF.fence,
        event_id="event",
        state=AttemptState.SUCCEEDED,
    )
    await journal.record_grant(GRANT)
    await journal.record_result(REF, result)


async def test_answer_of_an_earlier_epoch_changes_nothing(journal: SqliteJournal):
    await record_end(journal)
    await journal.record_answer(REF, epoch=2, position="5-0")
    # As of a request that was answered before the epoch began, and is written down later.
    await journal.record_answer(REF, epoch=1, position="9-0")
    (attempt,) = await journal.list_attempts()

    assert (attempt.state, attempt.epoch, attempt.position) == (JournalState.SENT, 2, "5-0")


async def test_watermark_is_remembered(journal: SqliteJournal):
    assert await journal.find_watermark() == (0, "")

    await journal.record_watermark(1, "5-0")
    await journal.record_watermark(2, "")

    assert await journal.find_watermark() == (2, "")


async def test_devices_of_an_attempt_are_remembered(journal: SqliteJournal):
    await journal.record_grant(GRANT)
    assert (await journal.list_attempts())[0].gpus == ()

    await journal.record_start(REF, prepare_seconds=1.0, gpus=["GPU-1", "GPU-2"])

    assert (await journal.list_attempts())[0].gpus == ("GPU-1", "GPU-2")


async def test_how_far_a_log_is_archived_is_remembered_until_the_attempt_is_forgotten(
    journal: SqliteJournal,
):
    await journal.record_grant(GRANT)
    assert await journal.find_archive(REF) == ArchivePosition()
    await journal.record_archive(REF, ArchivePosition(1, {"stdout": 5}, 53))
    newest = ArchivePosition(2, {"stdout": 9, "stderr": 3}, 160)
    await journal.record_archive(REF, newest)
    assert await journal.find_archive(REF) == newest

    await journal.forget(REF)

    assert await journal.find_archive(REF) == ArchivePosition()


async def test_journal_of_an_earlier_version_goes_on(tmp_path: Path):
    path = tmp_path / "journal.sqlite3"
    with SqliteJournal(path, boot_id="boot") as journal:
        await journal.record_grant(GRANT)
    with closing(sqlite3.connect(path)) as file:
        file.execute("ALTER TABLE attempts DROP COLUMN gpus")
    with SqliteJournal(path, boot_id="boot") as journal:
        (before,) = await journal.list_attempts()
        await journal.record_start(REF, prepare_seconds=1.0, gpus=["GPU-1"])
        (after,) = await journal.list_attempts()

    assert (before.gpus, after.gpus) == ((), ("GPU-1",))
