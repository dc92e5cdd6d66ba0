from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mlmon_shared.wire.agent_protocol import Grant, Result, Vector
from mlmon_shared.wire.states import AttemptState
from mlmon_worker_agent.adapters.sqlite_journal import SqliteJournal
from mlmon_worker_agent.domain.attempts import AttemptRef, JournalState

REF = AttemptRef("run-1", 1, "1.1")


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[SqliteJournal]:
    with SqliteJournal(tmp_path / "journal.sqlite3", boot_id="boot") as journal:
        yield journal


async def record_end(journal: SqliteJournal) -> None:
    grant = Grant(
        run_id=REF.run_id,
        attempt=REF.number,
        fence=REF.fence,
        resources=Vector(),
        accept_by=datetime(2026, 1, 5, tzinfo=UTC),
        stop_after_seconds=15,
        kill_grace_seconds=5,
    )
    result = Result(
        run_id=REF.run_id,
        attempt=REF.number,
        fence=REF.fence,
        event_id="event",
        state=AttemptState.SUCCEEDED,
    )
    await journal.record_grant(grant)
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
