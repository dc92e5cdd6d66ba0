"""Store what a command prints in the archive, in chunks, while it runs and at its end."""

import asyncio
import math
from typing import Final

import structlog

from mlmon_shared.errors import PreconditionFailedError, StaleFenceError
from mlmon_shared.wire.log_archives import pack_chunk
from mlmon_worker_agent.application.ports import AttemptScheduler, Journal, Piece
from mlmon_worker_agent.application.repeat_transfers import repeat_transfer
from mlmon_worker_agent.application.sessions import Session
from mlmon_worker_agent.domain.attempts import AttemptRef
from mlmon_worker_agent.domain.errors import AttemptFailedError
from mlmon_worker_agent.domain.log_archives import ArchiveBuffer, ArchiveChunk, ArchivePosition

log = structlog.get_logger(__name__)

_PERIOD_SECONDS: Final = 30.0


class LogArchiver:
    """Archives one attempt's output: a chunk by 1 MiB or 30 s, tried until the store takes it.

    Args:
        resume: How far an earlier process of the agent came.
    """

    def __init__(
        self,
        ref: AttemptRef,
        *,
        session: Session,
        scheduler: AttemptScheduler,
        journal: Journal,
        resume: ArchivePosition,
    ) -> None:
        self._ref = ref
        self._session = session
        self._scheduler = scheduler
        self._journal = journal
        self._buffer = ArchiveBuffer(resume)
        self._news = asyncio.Event()
        self._is_closing = False
        self._is_refused = False
        self._task = asyncio.create_task(self._run())

    def add(self, piece: Piece) -> None:
        """Take some output; what is archived already changes nothing."""
        if self._is_refused:
            return
        self._buffer.add(piece.stream, piece.offset, piece.data)
        if self._buffer.is_due:
            self._news.set()

    async def close(self, *, within_seconds: float) -> None:
        """Store what is left; give up after this long."""
        self._is_closing = True
        self._news.set()
        done, _ = await asyncio.wait({self._task}, timeout=within_seconds)
        if not done:
            log.warning("log not archived to its end", attempt=self._ref.attempt_id)
        await self.abandon()

    async def abandon(self) -> None:
        """Store nothing more."""
        self._task.cancel()
        (fault,) = await asyncio.gather(self._task, return_exceptions=True)
        if isinstance(fault, Exception):
            log.error("log not archived, by a fault of the agent", exc_info=fault)

    async def _run(self) -> None:
        while not self._is_refused:
            is_due = await self._wait_until_due()
            is_closing = self._is_closing
            while (self._buffer.is_due or not is_due or is_closing) and (
                chunk := self._buffer.next(is_last=is_closing)
            ) is not None:
                if not await self._store(chunk):
                    return
            if is_closing:
                return

    async def _wait_until_due(self) -> bool:
        """Wait for a whole chunk or the end; False when the time for less is up."""
        try:
            async with asyncio.timeout(_PERIOD_SECONDS):
                await self._news.wait()
        except TimeoutError:
            return False
        self._news.clear()
        return True

    async def _store(self, chunk: ArchiveChunk) -> bool:
        """Store a chunk, however long the store is away; False if the rest is refused, too."""
        packed = await asyncio.to_thread(pack_chunk, chunk.records)

        async def try_once() -> None:
            nonlocal chunk
            while not await self._put(chunk.seq, packed):
                # Stored by an earlier process that could not note it; who reads goes by offsets.
                chunk = self._buffer.renumber(chunk)
            await self._journal.record_archive(self._ref, chunk.after)

        try:
            await repeat_transfer(
                try_once, "The log could not be archived", patience_seconds=math.inf
            )
        except (AttemptFailedError, StaleFenceError) as error:
            log.warning("log not archived", attempt=self._ref.attempt_id, detail=error.detail)
            self._is_refused = True
        return not self._is_refused

    async def _put(self, seq: int, packed: bytes) -> bool:
        """Store a chunk once; False if another one has its number."""
        try:
            await self._session.use(
                lambda registered: self._scheduler.archive_log(
                    registered.session, self._ref, seq, packed
                )
            )
        except PreconditionFailedError:
            return False
        return True
