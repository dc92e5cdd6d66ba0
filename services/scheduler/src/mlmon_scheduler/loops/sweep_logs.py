"""Remove archived logs once they are older than they are kept."""

from typing import Final

from mlmon_scheduler.application.archive_logs import LogArchive

_PERIOD_SECONDS: Final = 6 * 3600.0


class SweepLogs:
    """Looks at a page of the artifact store a time, and through all of it every six hours."""

    name = "sweep_logs"
    period_seconds = _PERIOD_SECONDS

    def __init__(self, archive: LogArchive) -> None:
        self._archive = archive
        self._position: str | None = None

    async def tick(self) -> bool:
        """Look at one page."""
        self._position = await self._archive.sweep(self._position)
        return self._position is not None
