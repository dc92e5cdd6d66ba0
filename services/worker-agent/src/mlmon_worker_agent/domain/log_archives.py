"""Gather a command's output into chunks for the archive, and say where some had to be left out."""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from mlmon_shared.wire.log_archives import LogRecord

CHUNK_SIZE: Final = 2**20
"""Bytes that make a chunk worth storing at once."""
BACKLOG_LIMIT: Final = 16 * 2**20
ARCHIVE_LIMIT: Final = 256 * 2**20
_RECORD_SIZE: Final = 256 * 1024
_RECORD_COST: Final = 48
"""What a record takes beside its bytes, at most."""


@dataclass(frozen=True)
class ArchivePosition:
    """How far an attempt's log is archived.

    Attributes:
        seq: Of the next chunk.
        ends: By stream, the offset of the first byte that is not archived.
        size: Bytes that are, with what their records take.
    """

    seq: int = 0
    ends: Mapping[str, int] = field(default_factory=dict)
    size: int = 0


@dataclass(frozen=True)
class ArchiveChunk:
    """What is stored at once.

    Attributes:
        seq: Its number.
        after: How far the log is archived once it is stored.
    """

    seq: int
    records: Sequence[LogRecord]
    after: ArchivePosition


class ArchiveBuffer:
    """The output of one attempt that is not archived yet.

    It keeps at most `backlog` bytes: when the store takes them more slowly than the command writes,
    the oldest are left out. Beyond `limit` bytes of an attempt nothing more is archived. A record
    says in words what is missing.

    Args:
        resume: How far an earlier process of the agent came; what is archived is skipped.
        backlog: Bytes.
        limit: Bytes.
    """

    def __init__(
        self,
        resume: ArchivePosition,
        *,
        backlog: int = BACKLOG_LIMIT,
        limit: int = ARCHIVE_LIMIT,
    ) -> None:
        self._stored = resume
        self._ends = dict(resume.ends)
        self._taken = resume.size
        self._backlog = backlog
        self._limit = limit
        self._records: deque[LogRecord] = deque()
        self._gaps: dict[str, tuple[int, int]] = {}
        self._beyond: dict[str, tuple[int, int]] = {}
        self.pending = 0

    @property
    def is_due(self) -> bool:
        """Whether there is enough for a chunk."""
        return self.pending >= CHUNK_SIZE

    def add(self, stream: str, offset: int, data: bytes) -> None:
        """Take output that begins at this offset of its stream."""
        end = self._ends.get(stream, 0)
        fresh = data[max(end - offset, 0) :]
        if not fresh:
            return
        begin = max(offset, end)
        self._ends[stream] = begin + len(fresh)
        if self._taken >= self._limit:
            _leave_out(self._beyond, stream, begin, begin + len(fresh))
            return
        for place in range(0, len(fresh), _RECORD_SIZE):
            self._keep(LogRecord(stream, begin + place, fresh[place : place + _RECORD_SIZE]))
        while self.pending > self._backlog:
            oldest = self._records.popleft()
            self._count(oldest, -1)
            _leave_out(self._gaps, oldest.stream, oldest.offset, oldest.end)

    def next(self, *, is_last: bool = False) -> ArchiveChunk | None:
        """Return the next chunk and take it off; None when nothing is left.

        Args:
            is_last: The output has ended: what was left out at its end is told now.
        """
        # The oldest is left out, so it comes before what is kept.
        records = list(_tell(self._gaps, "they could not be stored in time"))
        size = 0
        while self._records and size < CHUNK_SIZE:
            record = self._records.popleft()
            size += len(record.data) + _RECORD_COST
            self._count(record, -1, keeps_total=True)
            records.append(record)
        if is_last and not self._records:
            records += _tell(self._beyond, "the log is too long to be kept")
        if not records:
            return None
        ends = dict(self._stored.ends)
        for record in records:
            ends[record.stream] = record.end
        seq = self._stored.seq
        self._stored = ArchivePosition(seq + 1, ends, self._stored.size + size)
        return ArchiveChunk(seq, records, self._stored)

    def renumber(self, chunk: ArchiveChunk) -> ArchiveChunk:
        """Give the newest chunk the next number: another has its own, of before a crash."""
        self._stored = replace(self._stored, seq=self._stored.seq + 1)
        return replace(chunk, seq=chunk.seq + 1, after=self._stored)

    def _keep(self, record: LogRecord) -> None:
        last = self._records[-1] if self._records else None
        if (
            last is not None
            and (last.stream, last.end) == (record.stream, record.offset)
            and len(last.data) + len(record.data) <= _RECORD_SIZE
        ):
            self._records.pop()
            self._count(last, -1)
            record = LogRecord(record.stream, last.offset, last.data + record.data)
        self._records.append(record)
        self._count(record, 1)

    def _count(self, record: LogRecord, sign: int, *, keeps_total: bool = False) -> None:
        cost = sign * (len(record.data) + _RECORD_COST)
        self.pending += cost
        if not keeps_total:
            self._taken += cost


def _leave_out(gaps: dict[str, tuple[int, int]], stream: str, begin: int, end: int) -> None:
    known = gaps.get(stream)
    gaps[stream] = (begin if known is None else known[0], end)


def _tell(gaps: dict[str, tuple[int, int]], why: str) -> Iterator[LogRecord]:
    for stream, (begin, end) in gaps.items():
        text = f"[mlmon: {end - begin} bytes of output are missing here; {why}]\n"
        yield LogRecord(stream, begin, text.encode(), end - begin)
    gaps.clear()
