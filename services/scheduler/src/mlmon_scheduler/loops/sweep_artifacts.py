"""Collect what attempts uploaded and no run has published."""

from collections.abc import Callable
from typing import Final

from mlmon_scheduler.application.sweep_artifacts import ArtifactSweeper

_PAGE_SECONDS: Final = 10.0


class SweepArtifacts:
    """Looks at a page of the store every ten seconds, and rests after the last one.

    Args:
        sweeper: Does it.
        rest_seconds: From the end of the store to its beginning.
        monotonic: Seconds of a clock that only goes forward.
    """

    name = "sweep_artifacts"
    period_seconds = _PAGE_SECONDS

    def __init__(
        self, sweeper: ArtifactSweeper, *, rest_seconds: float, monotonic: Callable[[], float]
    ) -> None:
        self._sweeper = sweeper
        self._rest_seconds = rest_seconds
        self._monotonic = monotonic
        # Whoever restarts often would otherwise do nothing but sweep.
        self._rests_until = monotonic() + rest_seconds

    async def tick(self) -> bool:
        """Look at one page."""
        if self._monotonic() >= self._rests_until and not await self._sweeper.sweep():
            self._rests_until = self._monotonic() + self._rest_seconds
        return False
