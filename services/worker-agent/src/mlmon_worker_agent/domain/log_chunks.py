"""Cut a stream of output into log chunks, and say so where some of it had to be left out."""

from dataclasses import dataclass

from mlmon_worker_agent.domain.attempts import ChunkPosition

CHUNK_LIMIT = 64 * 1024
BACKLOG_LIMIT = 1024 * 1024


@dataclass(frozen=True)
class Chunk:
    """One log chunk: where its bytes stand in the stream, and what is sent for them."""

    position: ChunkPosition
    content: bytes


class LogChunks:
    """The unsent output of one stream.

    It keeps at most `backlog` bytes; when the command writes faster than the log can be
    sent, the oldest are left out and the next chunk is a marker line in their place.

    Args:
        resume: The last chunk that an earlier agent process began to send. It is sent
            again with the same number and the same bytes, since it may not have arrived.
        backlog: Bytes to keep unsent.
    """

    def __init__(
        self, *, resume: ChunkPosition | None = None, backlog: int = BACKLOG_LIMIT
    ) -> None:
        is_marker = resume is not None and resume.length > CHUNK_LIMIT
        self._resume = None if is_marker else resume
        self._seq = 0
        self._start = 0
        if resume is not None:
            self._seq = resume.seq + (1 if is_marker else 0)
            self._start = resume.end if is_marker else resume.offset
        self._gap_start: int | None = None
        self._held = bytearray()
        self._backlog = backlog

    @property
    def pending(self) -> int:
        """How many bytes wait to be sent."""
        return len(self._held)

    @property
    def is_empty(self) -> bool:
        """Whether nothing is left to send."""
        return not self._held and self._gap_start is None

    def add(self, offset: int, data: bytes) -> None:
        """Take output that begins at this offset of the stream; what was sent is skipped."""
        end = self._start + len(self._held)
        fresh = data[max(end - offset, 0) :] if offset < end else data
        self._held += fresh
        excess = len(self._held) - max(self._backlog, self._resume.length if self._resume else 0)
        if excess > 0:
            self._leave_out(excess)

    def next(self, *, is_last: bool = False) -> Chunk | None:
        """Return the next chunk to send and take it off; None when there is nothing yet.

        Args:
            is_last: The stream has ended, so that nothing is waited for.
        """
        if self._gap_start is not None:
            return self._marker(self._gap_start)
        if self._resume is not None:
            length = self._resume.length
            if len(self._held) < length and not is_last:
                return None
            self._resume = None
        else:
            length = CHUNK_LIMIT
        content = bytes(self._held[:length])
        if not content:
            return None
        del self._held[: len(content)]
        position = ChunkPosition(self._seq, self._start, len(content))
        self._seq += 1
        self._start += len(content)
        return Chunk(position, content)

    def drop(self, chunk: Chunk) -> None:
        """Count a chunk that could not be sent as left out."""
        start = chunk.position.offset
        self._gap_start = start if self._gap_start is None else min(start, self._gap_start)

    def _leave_out(self, count: int) -> None:
        self._resume = None
        if self._gap_start is None:
            self._gap_start = self._start
        del self._held[:count]
        self._start += count

    def _marker(self, gap_start: int) -> Chunk:
        length = self._start - gap_start
        text = f"[mlmon: {length} bytes of output are missing here; they could not be sent]\n"
        position = ChunkPosition(self._seq, gap_start, length)
        self._seq += 1
        self._gap_start = None
        return Chunk(position, text.encode())
