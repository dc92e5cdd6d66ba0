"""A clock that moves only when a test says so."""

from datetime import UTC, datetime, timedelta

START = datetime(2026, 1, 5, 12, 0, 0, tzinfo=UTC)
"""A Monday at noon."""


class FakeClock:
    """A `Clock` that stands still until it is advanced.

    Args:
        start: The time at first, aware.
    """

    def __init__(self, start: datetime = START) -> None:
        self._now = start.astimezone(UTC)
        self._monotonic = 1_000.0

    def now(self) -> datetime:
        """Return the time, aware and in UTC."""
        return self._now

    def now_ms(self) -> int:
        """Return the time in whole milliseconds since 1970."""
        return (self._now - datetime.fromtimestamp(0, UTC)) // timedelta(milliseconds=1)

    def monotonic(self) -> float:
        """Return seconds that only `advance` moves."""
        return self._monotonic

    def advance(self, seconds: float) -> None:
        """Let time pass.

        Raises:
            ValueError: The seconds are negative: that is `set_to`.
        """
        if seconds < 0:
            raise ValueError("time does not pass backwards; use set_to")
        self._now += timedelta(seconds=seconds)
        self._monotonic += seconds

    def set_to(self, moment: datetime) -> None:
        """Set the time, forward or back, as an administrator would: durations stay."""
        self._now = moment.astimezone(UTC)
