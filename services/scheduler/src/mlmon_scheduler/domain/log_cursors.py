"""Put a log together from what holds parts of it: each byte once, in the order of its stream."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from mlmon_shared.wire.log_archives import LogRecord


@dataclass
class LogCursor:
    """How far a log was shown.

    Attributes:
        ends: By stream, the offset of the first byte that was not.
    """

    ends: dict[str, int] = field(default_factory=dict)

    def gap(self, record: LogRecord) -> int:
        """Return how many bytes before a record were not shown, those that it misses included."""
        return max(record.offset - self._end(record.stream), 0) + record.missing

    def take(self, record: LogRecord) -> Iterator[bytes]:
        """Yield what of a record was not shown yet, and count it as shown."""
        end = self._end(record.stream)
        if record.end <= end:
            return
        self.ends[record.stream] = record.end
        if record.missing:
            yield record.data
        else:
            yield record.data[max(end - record.offset, 0) :]

    def skip(self, record: LogRecord) -> Iterator[bytes]:
        """Yield a line in place of what is missing right before a record, if anything is."""
        missing = record.offset - self._end(record.stream)
        if missing > 0:
            self.ends[record.stream] = record.offset
            text = f"[mlmon: {missing} bytes of output are missing here; they are not kept]\n"
            yield text.encode()

    def _end(self, stream: str) -> int:
        return self.ends.get(stream, 0)
