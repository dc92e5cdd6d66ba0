"""Delete scripts of earlier versions from Redis."""

from typing import Final, Protocol

import structlog

_AFTER_MS: Final = 24 * 3600 * 1000

log = structlog.get_logger(__name__)


class Libraries(Protocol):
    """Scripts in the store, by version."""

    async def drop_replaced(self, *, after_ms: int) -> list[str]:
        """Delete what newer versions replaced so long ago; return the names."""


class DropLibraries:
    """Once an hour; a version that was replaced a day ago is hardly put back."""

    name = "drop_libraries"
    period_seconds = 3600.0

    def __init__(self, libraries: Libraries) -> None:
        self._libraries = libraries

    async def tick(self) -> bool:
        """Delete what is old."""
        if dropped := await self._libraries.drop_replaced(after_ms=_AFTER_MS):
            log.info("scripts of earlier versions deleted", libraries=dropped)
        return False
