"""What a command reports by printing: progress and metrics."""

import math
import re
from dataclasses import dataclass, field

_REPORT = re.compile(r"^::mlmon\s+(.*)$")
_PROGRESS = re.compile(r"^progress=(\S+)$")
_METRIC = re.compile(r"^metric\s+name=(\S+)\s+value=(\S+)$")
_LINE_LIMIT = 8192
_METRICS_LIMIT = 200
_NAME_LIMIT = 100


@dataclass
class OutputLines:
    """Reads one stream's lines from pieces that are cut anywhere.

    Only the beginning of a line longer than 8 KiB is kept.

    Attributes:
        progress: 0 to 1, as last printed; None before.
        metrics: The last value of each metric, at most 200 of them.
        last_line: The last line with something in it.
    """

    progress: float | None = None
    metrics: dict[str, float] = field(default_factory=dict)
    last_line: str = ""
    _rest: bytes = b""

    def feed(self, piece: bytes) -> None:
        """Take the next bytes of the stream."""
        *lines, rest = (self._rest + piece).split(b"\n")
        self._rest = rest[:_LINE_LIMIT]
        for line in lines:
            self._take(line)

    def close(self) -> None:
        """Take what is left as the last line: the stream has ended."""
        self._take(self._rest)
        self._rest = b""

    def _take(self, line: bytes) -> None:
        text = line[:_LINE_LIMIT].decode(errors="replace").strip()
        if not text:
            return
        report = _REPORT.match(text)
        if report is None:
            self.last_line = text
        elif found := _PROGRESS.match(report[1]):
            value = _number(found[1])
            if value is not None:
                self.progress = min(max(value, 0.0), 1.0)
        elif found := _METRIC.match(report[1]):
            self._take_metric(found[1], found[2])

    def _take_metric(self, name: str, text: str) -> None:
        value = _number(text)
        is_new = name not in self.metrics
        if value is None or len(name) > _NAME_LIMIT:
            return
        if not is_new or len(self.metrics) < _METRICS_LIMIT:
            self.metrics[name] = value


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
