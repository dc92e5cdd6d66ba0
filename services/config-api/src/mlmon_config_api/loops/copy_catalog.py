"""Keep a copy of the catalog for the time in which PostgreSQL does not answer."""

from collections.abc import Awaitable, Callable


class CopyCatalog:
    """Takes a new copy when the config revision has changed.

    Args:
        refresh: Does so.
    """

    name = "copy_catalog"
    period_seconds = 2.0

    def __init__(self, refresh: Callable[[], Awaitable[None]]) -> None:
        self._refresh = refresh

    async def tick(self) -> bool:
        """Look once."""
        await self._refresh()
        return False
