"""Identifiers that are the same in every run of a test."""

from mlmon_shared.clocks import Clock
from mlmon_shared.ids import timed_id
from mlmon_shared.testing.clocks import FakeClock


class SequentialIds:
    """Gives ids that look like UUIDv7 and count up; call it, or its `new_id`.

    Args:
        clock: Where the ids' times come from; one that stands still when left out.
    """

    def __init__(self, clock: Clock | None = None) -> None:
        self._clock = clock or FakeClock()
        self._count = 0

    def __call__(self) -> str:
        """Return the next id."""
        return self.new_id()

    def new_id(self) -> str:
        """Return the next id."""
        self._count += 1
        return timed_id(self._clock.now_ms(), self._count, version=7)
