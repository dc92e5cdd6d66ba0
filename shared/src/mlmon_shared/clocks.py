"""Where times come from: the system's clock, or in tests `mlmon_shared.testing.clocks`."""

import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Tells the time; passed in wherever a decision depends on it."""

    def now(self) -> datetime:
        """Return the time, aware and in UTC."""
        ...

    def now_ms(self) -> int:
        """Return the time in whole milliseconds since 1970."""
        ...

    def monotonic(self) -> float:
        """Return seconds on a clock that nobody sets, for durations only."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """Return the time, aware and in UTC."""
        return datetime.now(UTC)

    def now_ms(self) -> int:
        """Return the time in whole milliseconds since 1970."""
        return time.time_ns() // 1_000_000

    def monotonic(self) -> float:
        """Return seconds since some moment; it never goes back."""
        return time.monotonic()
