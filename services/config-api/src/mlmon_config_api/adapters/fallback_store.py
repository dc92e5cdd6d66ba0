"""A catalog store that is read from a copy while PostgreSQL does not answer."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import replace
from typing import Final, Protocol

import structlog

from mlmon_config_api.adapters.memory.catalogs import CopiedCatalog
from mlmon_config_api.application.access_ports import Access, AccessStore
from mlmon_config_api.application.catalog_copies import STALENESS, CatalogCopy, take_copy
from mlmon_config_api.application.ports import Catalog, CatalogStore
from mlmon_shared.clocks import Clock
from mlmon_shared.errors import StoreUnavailableError

PATIENCE_SECONDS: Final = 1.5
"""For so long a reader waits for PostgreSQL, which may accept and never answer."""
_PATIENCE_AFTER_WRITE_SECONDS: Final = 5.0
"""While the copy has not what was changed here last: who has just changed it wants to see it."""
_RETRY_AFTER_SECONDS: Final = 2

log = structlog.get_logger(__name__)


class Store(CatalogStore, AccessStore, Protocol):
    """Where both the catalog and the users are."""


class FallbackCatalogStore:
    """Implements `CatalogStore` and `AccessStore` on a store that may be away.

    Reads that the copy can answer never wait longer than the patience; once the store is known
    to be away, not at all, until `refresh` has found it back. Changes are made in the store or
    nowhere; while it is away they wait no longer than to see whether it is back.

    Args:
        store: PostgreSQL.
        clock: For how old the copy is.
        patience_seconds: How long a transaction may take to open before the store is away.
    """

    def __init__(
        self, store: Store, clock: Clock, *, patience_seconds: float = PATIENCE_SECONDS
    ) -> None:
        self._store = store
        self._clock = clock
        self._patience_seconds = patience_seconds
        self._copy: CatalogCopy | None = None
        self._is_away = False
        self._answers = 0
        self._writes = 0
        self._writes_copied = 0
        self._closing: set[asyncio.Task[None]] = set()

    async def aclose(self) -> None:
        """Give up the transactions that nobody waited for."""
        for task in self._closing:
            task.cancel()
        await asyncio.gather(*self._closing, return_exceptions=True)

    async def refresh(self) -> None:
        """Take a new copy, or note that the one that there is is still true.

        Raises:
            StoreUnavailableError: The store does not answer; the copy stays.
        """
        writes = self._writes
        async with self._opened(self._patience_seconds) as catalog:
            revision, now = await catalog.get_revision(), self._clock.now()
            if self._copy is not None and self._copy.revision == revision:
                self._copy = replace(self._copy, as_of=now)
            else:
                self._copy = await take_copy(catalog, now, known=self._copy)
        self._writes_copied = writes

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Catalog]:
        """Open a transaction of the store, or the copy if the store does not answer."""
        if self._copy is None:
            async with self._store.read() as catalog:
                yield catalog
            return
        async with AsyncExitStack() as stack:
            if self._is_away:
                catalog = self._open_copy(self._copy)
            else:
                is_behind = self._writes_copied < self._writes
                patience = _PATIENCE_AFTER_WRITE_SECONDS if is_behind else self._patience_seconds
                try:
                    catalog = await stack.enter_async_context(self._opened(patience))
                except StoreUnavailableError:
                    log.warning("read from the copy", as_of=self._copy.as_of.isoformat())
                    catalog = self._open_copy(self._copy)
            yield catalog

    @asynccontextmanager
    async def write(self) -> AsyncIterator[Catalog]:
        """Open a transaction of the store; nothing is changed without it."""
        await self._check_back()
        async with self._store.write() as catalog:
            yield catalog
        self._writes += 1
        self._note_answer()

    @asynccontextmanager
    async def access(self) -> AsyncIterator[Access]:
        """Open a transaction of the store on users; there is no copy of sessions."""
        await self._check_back()
        async with self._store.access() as access:
            yield access

    async def _check_back(self) -> None:
        if self._is_away:
            async with self._opened(self._patience_seconds):
                pass

    @asynccontextmanager
    async def _opened(self, patience_seconds: float) -> AsyncIterator[Catalog]:
        """Open a transaction that reads, and note whether the store answers.

        Raises:
            StoreUnavailableError: It does not, or not within the patience.
        """
        answers = self._answers
        stack = AsyncExitStack()
        opening = asyncio.create_task(stack.enter_async_context(self._store.read()))
        try:
            await asyncio.wait({opening}, timeout=patience_seconds)
        finally:
            if not opening.done():
                # Ending it takes as long as PostgreSQL's own limits, which is not ours to wait.
                late = asyncio.create_task(_close_late(opening, stack))
                self._closing.add(late)
                late.add_done_callback(self._closing.discard)
        if not opening.done():
            self._note_away(answers)
            raise StoreUnavailableError(
                "PostgreSQL does not answer; nothing was changed, try again in a moment",
                retry_after_seconds=_RETRY_AFTER_SECONDS,
            )
        try:
            catalog = opening.result()
            answers = self._note_answer()
            async with stack:
                yield catalog
        except StoreUnavailableError:
            self._note_away(answers)
            raise

    def _note_answer(self) -> int:
        """Note that the store has answered, and return how often it has."""
        self._is_away = False
        self._answers += 1
        return self._answers

    def _note_away(self, answers: int) -> None:
        """Note that the store has not answered, unless it has done so to somebody meanwhile.

        Whoever has just changed something would else be shown the copy from before that.
        """
        if self._answers == answers:
            self._is_away = True

    @staticmethod
    def _open_copy(copy: CatalogCopy) -> Catalog:
        staleness = STALENESS.get()
        if staleness is not None:
            staleness.as_of = copy.as_of
        return CopiedCatalog(copy)


async def _close_late(opening: asyncio.Task[Catalog], stack: AsyncExitStack) -> None:
    """Close a transaction once it is open after all, or its opening has failed."""
    with suppress(StoreUnavailableError):
        async with stack:
            await opening
