"""The agent's journal in one SQLite file."""

import asyncio
import json
import sqlite3
import threading
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Final, Self, TypeVar

from mlmon_shared.errors import StoreUnavailableError
from mlmon_shared.wire.agent_protocol import AttemptSpec, Grant, Result
from mlmon_shared.wire.models import read_json
from mlmon_worker_agent.domain.attempts import (
    AttemptRef,
    ChunkPosition,
    JournaledAttempt,
    JournalState,
)
from mlmon_worker_agent.domain.log_archives import ArchivePosition

T = TypeVar("T")
_WHERE: Final = "WHERE run_id = ? AND number = ? AND fence = ?"
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS attempts (
    run_id TEXT NOT NULL,
    number INTEGER NOT NULL,
    fence TEXT NOT NULL,
    state TEXT NOT NULL,
    grant_json TEXT NOT NULL,
    spec_json TEXT,
    prepare_seconds REAL NOT NULL DEFAULT 0,
    gpus TEXT NOT NULL DEFAULT '',
    event_id TEXT,
    result_json TEXT,
    epoch INTEGER NOT NULL DEFAULT 0,
    position TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (run_id, number, fence)
) STRICT;
CREATE TABLE IF NOT EXISTS log_chunks (
    run_id TEXT NOT NULL,
    number INTEGER NOT NULL,
    fence TEXT NOT NULL,
    stream TEXT NOT NULL,
    seq INTEGER NOT NULL,
    start INTEGER NOT NULL,
    length INTEGER NOT NULL,
    PRIMARY KEY (run_id, number, fence, stream)
) STRICT;
CREATE TABLE IF NOT EXISTS log_archives (
    run_id TEXT NOT NULL,
    number INTEGER NOT NULL,
    fence TEXT NOT NULL,
    seq INTEGER NOT NULL,
    ends TEXT NOT NULL,
    size INTEGER NOT NULL,
    PRIMARY KEY (run_id, number, fence)
) STRICT;
CREATE TABLE IF NOT EXISTS contacts (
    boot_id TEXT PRIMARY KEY,
    monotonic REAL NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS watermarks (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    epoch INTEGER NOT NULL,
    position TEXT NOT NULL
) STRICT;
"""


class SqliteJournal:
    """Implements `Journal`.

    Two connections to one file: one waits for the disk at each commit, the other, for what
    need not survive the host, does not.

    Args:
        path: Of the file; created when it does not exist.
        boot_id: Of the host's present boot: monotonic times of another mean nothing.
    """

    def __init__(self, path: Path, *, boot_id: str) -> None:
        self._boot_id = boot_id
        self._lock = threading.Lock()
        self._safe = _connect(path, "FULL")
        self._fast = _connect(path, "NORMAL")
        with self._safe:
            self._safe.executescript(_SCHEMA)
            _add_missing(self._safe)

    def __enter__(self) -> Self:
        """Return the journal itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the file."""
        with self._lock:
            self._fast.close()
            self._safe.close()

    async def record_grant(self, grant: Grant) -> None:
        """Remember a grant; repeating one that is known changes nothing."""
        await self._write(
            self._safe,
            "INSERT INTO attempts (run_id, number, fence, state, grant_json) "
            "VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            (
                grant.run_id,
                grant.attempt,
                grant.fence,
                JournalState.GRANTED,
                grant.model_dump_json(),
            ),
        )

    async def record_spec(self, ref: AttemptRef, spec: AttemptSpec) -> None:
        """Remember that the grant was accepted."""
        await self._write(
            self._safe,
            f"UPDATE attempts SET state = ?, spec_json = ? {_WHERE}",  # noqa: S608 - our own text
            (JournalState.ACCEPTED, spec.model_dump_json(by_alias=True), *_key(ref)),
        )

    async def record_start(
        self, ref: AttemptRef, *, prepare_seconds: float, gpus: Sequence[str] = ()
    ) -> None:
        """Remember that the command is about to be started, with these devices."""
        await self._write(
            self._safe,
            f"UPDATE attempts SET state = ?, prepare_seconds = ?, gpus = ? {_WHERE}",  # noqa: S608
            (JournalState.STARTED, prepare_seconds, ",".join(gpus), *_key(ref)),
        )

    async def record_result(self, ref: AttemptRef, result: Result) -> None:
        """Remember how the attempt ended."""
        await self._write(
            self._safe,
            f"UPDATE attempts SET state = ?, event_id = ?, result_json = ? {_WHERE}",  # noqa: S608
            (JournalState.ENDED, result.event_id, result.model_dump_json(), *_key(ref)),
        )

    async def record_answer(self, ref: AttemptRef, *, epoch: int, position: str) -> None:
        """Remember that the result was accepted; an answer of an earlier epoch changes nothing."""
        await self._write(
            self._safe,
            f"UPDATE attempts SET state = ?, epoch = ?, position = ? {_WHERE} AND epoch <= ?",  # noqa: S608 - ours
            (JournalState.SENT, epoch, position, *_key(ref), epoch),
        )

    async def forget(self, ref: AttemptRef) -> None:
        """Forget the attempt and how far its log was sent."""

        def work() -> None:
            with self._lock, self._safe:
                for table in ("attempts", "log_chunks", "log_archives"):
                    self._safe.execute(f"DELETE FROM {table} {_WHERE}", _key(ref))  # noqa: S608

        await _in_thread(work)

    async def list_attempts(self) -> list[JournaledAttempt]:
        """Return every attempt that is remembered, oldest first."""
        rows = await self._read("SELECT * FROM attempts ORDER BY rowid", ())
        return [_attempt(row) for row in rows]

    async def record_chunk(self, ref: AttemptRef, stream: str, position: ChunkPosition) -> None:
        """Remember a log chunk before it is sent."""
        await self._write(
            self._fast,
            "INSERT OR REPLACE INTO log_chunks VALUES (?, ?, ?, ?, ?, ?, ?)",
            (*_key(ref), stream, position.seq, position.offset, position.length),
        )

    async def find_chunks(self, ref: AttemptRef) -> dict[str, ChunkPosition]:
        """Return the newest log chunk of each stream."""
        rows = await self._read(f"SELECT * FROM log_chunks {_WHERE}", _key(ref))  # noqa: S608
        return {
            row["stream"]: ChunkPosition(row["seq"], row["start"], row["length"]) for row in rows
        }

    async def record_archive(self, ref: AttemptRef, position: ArchivePosition) -> None:
        """Remember how far the log is archived."""
        await self._write(
            self._fast,
            "INSERT OR REPLACE INTO log_archives VALUES (?, ?, ?, ?, ?, ?)",
            (*_key(ref), position.seq, json.dumps(dict(position.ends)), position.size),
        )

    async def find_archive(self, ref: AttemptRef) -> ArchivePosition:
        """Return how far the log is archived."""
        rows = await self._read(f"SELECT * FROM log_archives {_WHERE}", _key(ref))  # noqa: S608
        if not rows:
            return ArchivePosition()
        return ArchivePosition(rows[0]["seq"], json.loads(rows[0]["ends"]), rows[0]["size"])

    async def record_contact(self, monotonic: float) -> None:
        """Remember when the scheduler last acknowledged this agent."""
        await self._write(
            self._fast, "INSERT OR REPLACE INTO contacts VALUES (?, ?)", (self._boot_id, monotonic)
        )

    async def record_watermark(self, epoch: int, position: str) -> None:
        """Remember what history has."""
        await self._write(
            self._fast, "INSERT OR REPLACE INTO watermarks VALUES (1, ?, ?)", (epoch, position)
        )

    async def find_watermark(self) -> tuple[int, str]:
        """Return epoch and position of what history was known to have; 0 for nothing."""
        rows = await self._read("SELECT epoch, position FROM watermarks", ())
        return (int(rows[0]["epoch"]), str(rows[0]["position"])) if rows else (0, "")

    async def find_contact(self) -> float | None:
        """Return the last contact in this boot."""
        rows = await self._read(
            "SELECT monotonic FROM contacts WHERE boot_id = ?", (self._boot_id,)
        )
        return float(rows[0]["monotonic"]) if rows else None

    async def _write(
        self, connection: sqlite3.Connection, statement: str, values: tuple[Any, ...]
    ) -> None:
        def work() -> None:
            with self._lock, connection:
                connection.execute(statement, values)

        await _in_thread(work)

    async def _read(self, statement: str, values: tuple[Any, ...]) -> list[sqlite3.Row]:
        def work() -> list[sqlite3.Row]:
            with self._lock, closing(self._safe.execute(statement, values)) as cursor:
                return cursor.fetchall()

        return await _in_thread(work)


async def _in_thread(work: Callable[[], T]) -> T:
    try:
        return await asyncio.to_thread(work)
    except sqlite3.Error as error:
        raise StoreUnavailableError(f"the agent's journal does not work: {error}") from error


def _connect(path: Path, synchronous: str) -> sqlite3.Connection:
    connection = sqlite3.connect(path, check_same_thread=False)
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute(f"PRAGMA synchronous = {synchronous}")
    return connection


def _add_missing(connection: sqlite3.Connection) -> None:
    """Bring the file of an earlier version up to date; that version can still use it."""
    columns = {row["name"] for row in connection.execute("PRAGMA table_info(attempts)")}
    if "gpus" not in columns:
        connection.execute("ALTER TABLE attempts ADD COLUMN gpus TEXT NOT NULL DEFAULT ''")


def _key(ref: AttemptRef) -> tuple[str, int, str]:
    return ref.run_id, ref.number, ref.fence


def _attempt(row: sqlite3.Row) -> JournaledAttempt:
    spec, result = row["spec_json"], row["result_json"]
    return JournaledAttempt(
        ref=AttemptRef(row["run_id"], row["number"], row["fence"]),
        state=JournalState(row["state"]),
        grant=read_json(Grant, row["grant_json"]),
        spec=read_json(AttemptSpec, spec) if spec is not None else None,
        prepare_seconds=row["prepare_seconds"],
        gpus=tuple(row["gpus"].split(",")) if row["gpus"] else (),
        result=read_json(Result, result) if result is not None else None,
        epoch=row["epoch"],
        position=row["position"],
    )
