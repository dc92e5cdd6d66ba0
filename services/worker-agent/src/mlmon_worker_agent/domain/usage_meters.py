"""What an attempt uses, from looks at it: most, mean and in all.

Only the standard library, and little of that: the shim of plain processes measures with it, too.
"""

from typing import Final, NamedTuple

_WINDOW_SECONDS: Final = 1.0
"""Over which the most processor time is taken: shorter ones say only when the kernel counts."""


class Look(NamedTuple):
    """What was seen at one moment; counters grow from the start on.

    Attributes:
        at: Seconds of a monotonic clock.
        memory: Bytes in use.
        cpu_seconds: Core-seconds of processor time so far.
        disk_read: Bytes from block devices so far; None where nobody counts.
        disk_written: Bytes to them, likewise.
        network_received: Bytes so far; None where the network is shared with others.
        network_sent: Likewise.
    """

    at: float
    memory: int
    cpu_seconds: float
    disk_read: int | None = None
    disk_written: int | None = None
    network_received: int | None = None
    network_sent: int | None = None


class UsageMeter:
    """Puts looks at one attempt together."""

    def __init__(self) -> None:
        self._first: Look | None = None
        self._last: Look | None = None
        self._window: Look | None = None
        self._peak_memory = 0
        self._peak_cpu = 0.0
        self._byte_seconds = 0.0

    def add(self, look: Look) -> None:
        """Take a look that is later than those before; a counter that falls back stays."""
        self._peak_memory = max(self._peak_memory, look.memory)
        last, window = self._last, self._window
        if last is None or window is None:
            self._first = self._last = self._window = look
            return
        look = look._replace(
            cpu_seconds=max(last.cpu_seconds, look.cpu_seconds),
            disk_read=_grown(last.disk_read, look.disk_read),
            disk_written=_grown(last.disk_written, look.disk_written),
            network_received=_grown(last.network_received, look.network_received),
            network_sent=_grown(last.network_sent, look.network_sent),
        )
        self._byte_seconds += (look.at - last.at) * (last.memory + look.memory) / 2
        if look.at - window.at >= _WINDOW_SECONDS:
            self._peak_cpu = max(self._peak_cpu, _cores(window, look))
            self._window = look
        self._last = look

    def note_peak_memory(self, memory: int) -> None:
        """Take bytes that were in use between two looks."""
        self._peak_memory = max(self._peak_memory, memory)

    def facts(self) -> dict[str, float | int]:
        """Return what is known, by the names of `mlmon_shared.wire.runs.Usage`."""
        first, last = self._first, self._last
        if first is None or last is None:
            return {}
        facts: dict[str, float | int] = {
            "peak_memory": self._peak_memory,
            "cpu_seconds": round(last.cpu_seconds, 3),
        }
        if last.at > first.at:
            mean_cpu = _cores(first, last)
            facts["mean_memory"] = round(self._byte_seconds / (last.at - first.at))
            facts["mean_cpu"] = round(mean_cpu, 3)
            facts["peak_cpu"] = round(max(self._peak_cpu, mean_cpu), 3)
        for name in ("disk_read", "disk_written", "network_received", "network_sent"):
            value = getattr(last, name)
            if value is not None:
                facts[name] = value
        return facts


def _cores(begin: Look, end: Look) -> float:
    return (end.cpu_seconds - begin.cpu_seconds) / (end.at - begin.at)


def _grown(before: int | None, now: int | None) -> int | None:
    if before is None or now is None:
        return now if before is None else before
    return max(before, now)
