"""Store what a command prints in the archive, in chunks, while it runs and at its end."""

import asyncio
import itertools
import random
from typing import Final

import structlog

from mlmon_shared.errors import (
    ForbiddenError,
    GoneError,
    MlmonError,
    PreconditionFailedError,
    UnauthenticatedError,
)
from mlmon_shared.wire.log_archives import pack_chunk
from mlmon_worker_agent.application.ports import AttemptScheduler, Journal, Piece
from mlmon_worker_agent.application.sessions import Session
from mlmon_worker_agent.domain.attempts import AttemptRef
from mlmon_worker_agent.domain.log_archives import ArchiveBuffer, ArchiveChunk, ArchivePosition

log = structlog.get_logger(__name__)

_PERIOD_SECONDS: Final = 30.0
_LONGEST_WAIT_SECONDS: Final = 5.0
_TRIES: Final = 4
_TOO_MANY: Final = 429
_SERVER_FAULT: Final = 500
_EXPIRED: Final = (UnauthenticatedError, ForbiddenError, GoneError)


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
        packed = await asyncio.to_thread(pack_chunk, chunk.records)
        for count in itertools.count(1):
            try:
                await self._put(chunk.seq, packed)
                await self._journal.record_archive(self._ref, chunk.after)
            except PreconditionFailedError:
                # Stored by an earlier process that could not note it; who reads goes by offsets.
                chunk = self._buffer.renumber(chunk)
                continue
            except MlmonError as error:
                if count == 1:
                    log.warning(
                        "log not archived", attempt=self._ref.attempt_id, detail=error.detail
                    )
                if not _may_pass(error, count):
                    # The rest would be refused as well.
                    self._is_refused = True
                    return False
            else:
                return True
            longest = min(0.25 * 2**count, _LONGEST_WAIT_SECONDS)
            await asyncio.sleep(random.uniform(0, longest))  # noqa: S311 - jitter
        return False

    async def _put(self, seq: int, packed: bytes) -> None:
        await self._session.use(
            lambda registered: self._scheduler.archive_log(
                registered.session, self._ref, seq, packed
            )
        )


def _may_pass(error: MlmonError, count: int) -> bool:
    if isinstance(error, _EXPIRED):
        return count < _TRIES
    return error.status >= _SERVER_FAULT or error.status == _TOO_MANY
