"""A catalog store that is read from a copy while PostgreSQL does not answer."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import replace
from typing import Final

import structlog

from mlmon_config_api.adapters.memory.catalogs import CopiedCatalog
from mlmon_config_api.application.catalog_copies import STALENESS, CatalogCopy, take_copy
from mlmon_config_api.application.ports import Catalog, CatalogStore
from mlmon_shared.clocks import Clock
from mlmon_shared.errors import StoreUnavailableError

_AWAY_SECONDS: Final = 1.0
"""For so long nobody waits for PostgreSQL again, after it did not answer."""

log = structlog.get_logger(__name__)


class FallbackCatalogStore:
    """Implements `CatalogStore`: writes go to the store, and so do reads if it answers.

    Args:
        store: PostgreSQL.
        clock: For how old the copy is.
    """

    def __init__(self, store: CatalogStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._copy: CatalogCopy | None = None
        self._away_until: float | None = None

    async def refresh(self) -> None:
        """Take a new copy, or note that the one that there is is still true.

        Raises:
            StoreUnavailableError: The store does not answer; the copy stays.
        """
        async with self._store.read() as catalog:
            revision, now = await catalog.get_revision(), self._clock.now()
            if self._copy is not None and self._copy.revision == revision:
                self._copy = replace(self._copy, as_of=now)
            else:
                self._copy = await take_copy(catalog, now)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Catalog]:
        """Open a transaction of the store, or the copy if the store does not answer."""
        async with AsyncExitStack() as stack:
            if self._copy is not None and self._is_away():
                catalog = self._open_copy(self._copy)
            else:
                try:
                    catalog = await stack.enter_async_context(self._store.read())
                except StoreUnavailableError:
                    if self._copy is None:
                        raise
                    self._away_until = self._clock.monotonic() + _AWAY_SECONDS
                    log.warning("read from the copy", as_of=self._copy.as_of.isoformat())
                    catalog = self._open_copy(self._copy)
            yield catalog

    def write(self) -> AbstractAsyncContextManager[Catalog]:
        """Open a transaction of the store; nothing is changed without it."""
        return self._store.write()

    def _is_away(self) -> bool:
        return self._away_until is not None and self._clock.monotonic() < self._away_until

    @staticmethod
    def _open_copy(copy: CatalogCopy) -> Catalog:
        staleness = STALENESS.get()
        if staleness is not None:
            staleness.as_of = copy.as_of
        return CopiedCatalog(copy)
