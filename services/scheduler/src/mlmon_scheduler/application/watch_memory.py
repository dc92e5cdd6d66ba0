"""Keep the store's memory under its limit: what can wait waits, what has ended never does."""

from typing import Final, Protocol

import structlog

from mlmon_shared.errors import TooManyRequestsError

PROGRESS_SHARE: Final = 0.6
"""Of the limit, from which phases of running attempts are no longer told to history."""
SUBMISSIONS_SHARE: Final = 0.8
"""Of the limit, from which no new run is taken."""
_RETRY_SECONDS: Final = 30

log = structlog.get_logger(__name__)


class MemoryStore(Protocol):
    """The store, and how full it is."""

    async def read_memory(self) -> tuple[int, int]:
        """Return bytes used, and the limit; 0 for no limit."""

    async def keep_progress(self, *, is_kept: bool) -> None:
        """Tell history of phases of running attempts, or do not."""


class MemoryWatcher:
    """Knows how full the store was a moment ago.

    While history is away, events wait in the store: it fills. Runs that were taken go on to their
    ends, which are always told.

    Args:
        store: The store of live runs.
    """

    def __init__(self, store: MemoryStore) -> None:
        self._store = store
        self._is_progress_kept: bool | None = None
        self.share = 0.0

    @property
    def has_room(self) -> bool:
        """Whether new runs are taken."""
        return self.share < SUBMISSIONS_SHARE

    def check_room(self) -> None:
        """Refuse a submission while there is no room.

        Raises:
            TooManyRequestsError: There is none.
        """
        if not self.has_room:
            raise TooManyRequestsError(
                f"the queue's memory is {self.share:.0%} full; nothing new is taken until it is "
                f"below {SUBMISSIONS_SHARE:.0%}, while runs end and history catches up",
                retry_after_seconds=_RETRY_SECONDS,
            )

    async def look(self) -> None:
        """See how full the store is."""
        had_room = self.has_room
        used, limit = await self._store.read_memory()
        self.share = used / limit if limit else 0.0
        is_kept = self.share < PROGRESS_SHARE
        # Said again while it lasts: the store may have begun a new epoch.
        if is_kept != self._is_progress_kept or not is_kept:
            await self._store.keep_progress(is_kept=is_kept)
        if is_kept != self._is_progress_kept:
            if not (is_kept and self._is_progress_kept is None):
                log.warning("progress of attempts", is_told=is_kept, memory=f"{self.share:.0%}")
            self._is_progress_kept = is_kept
        if self.has_room != had_room:
            log.warning("new runs", are_taken=self.has_room, memory=f"{self.share:.0%}")
