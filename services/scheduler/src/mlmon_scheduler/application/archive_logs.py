"""The archive of logs in the artifact store: take chunks, read them, sweep away what is old."""

from datetime import timedelta
from typing import Final

import structlog

from mlmon_scheduler.application.attempt_ports import ArtifactStore
from mlmon_shared.clocks import Clock
from mlmon_shared.errors import NotFoundError
from mlmon_shared.wire.log_archives import (
    CHUNK_LIMIT,
    LogRecord,
    LogUpload,
    LogUploadAnswer,
    chunk_path,
    is_log_path,
    unpack_chunk,
)

log = structlog.get_logger(__name__)

_GRANT_SECONDS: Final = 300.0
_PAGE: Final = 1000


class LogArchive:
    """Archived logs of attempts.

    Args:
        store: Holds the chunks beside the attempts' artifacts.
        clock: Says what is old.
        keep_seconds: How long a chunk is kept; 0 archives nothing.
    """

    def __init__(self, store: ArtifactStore, clock: Clock, *, keep_seconds: float) -> None:
        self._store = store
        self._clock = clock
        self._keep_seconds = keep_seconds

    async def begin_upload(self, attempt_id: str, upload: LogUpload) -> LogUploadAnswer:
        """Return the right to store one chunk; the caller knows that it is the agent's to store."""
        if self._keep_seconds == 0:
            return LogUploadAnswer()
        path = chunk_path(upload.fence, upload.seq)
        grant = await self._store.grant_upload(
            attempt_id, path, size=upload.size, sha256=upload.sha256, seconds=_GRANT_SECONDS
        )
        return LogUploadAnswer(upload=grant)

    async def find_chunk(self, attempt_id: str, fence: str, seq: int) -> list[LogRecord] | None:
        """Return what a chunk holds, nothing for one that is damaged; None without it.

        Raises:
            ServiceUnavailableError: The store does not work.
        """
        packed = bytearray()
        try:
            async with self._store.open(attempt_id, chunk_path(fence, seq)) as pieces:
                async for piece in pieces:
                    packed += piece
                    # More than a chunk is none, and not worth the memory.
                    if len(packed) > CHUNK_LIMIT:
                        break
        except NotFoundError:
            return None
        try:
            return list(unpack_chunk(bytes(packed)))
        except ValueError as error:
            log.warning("chunk of a log is damaged", attempt=attempt_id, seq=seq, detail=str(error))
            return []

    async def sweep(self, after: str | None) -> str | None:
        """Remove the chunks of a page of the store that are older than they are kept.

        Args:
            after: Where the page before ended; None for the first.

        Returns:
            Where this page ended; None when it was the last.
        """
        page = await self._store.list_files(after=after, limit=_PAGE)
        before = self._clock.now() - timedelta(seconds=self._keep_seconds)
        old = [file for file in page.files if is_log_path(file.path) and file.modified_at < before]
        if old:
            await self._store.remove_files(old)
            log.info("archived logs removed", chunks=len(old))
        return page.position
