"""Send what a command prints to the scheduler while it runs: a live tail, never a brake."""

import asyncio
from collections.abc import Mapping
from typing import Final

import structlog

from mlmon_shared.errors import MlmonError, StaleFenceError
from mlmon_worker_agent.application.held_attempts import HeldAttempt
from mlmon_worker_agent.application.ports import AttemptScheduler, Journal, Piece
from mlmon_worker_agent.application.sessions import Session
from mlmon_worker_agent.domain.attempts import ChunkPosition, StopKind, StopOrder
from mlmon_worker_agent.domain.log_chunks import CHUNK_LIMIT, Chunk, LogChunks

log = structlog.get_logger(__name__)

_DELAY_SECONDS: Final = 0.2
_TRIES: Final = 3
_CLIENT_FAULT: Final = range(400, 500)
_PASSING: Final = {401, 429}


class LogSender:
    """Sends one attempt's output as chunks; leaves some out rather than hold anything up.

    Args:
        resume: Per stream, the last chunk that an earlier process began to send.
    """

    def __init__(
        self,
        attempt: HeldAttempt,
        *,
        session: Session,
        scheduler: AttemptScheduler,
        journal: Journal,
        resume: Mapping[str, ChunkPosition],
    ) -> None:
        self._attempt = attempt
        attempt.log_ends = {stream: position.end for stream, position in resume.items()}
        self._session = session
        self._scheduler = scheduler
        self._journal = journal
        self._streams = {
            stream: LogChunks(resume=resume.get(stream)) for stream in ("stdout", "stderr")
        }
        self._news = asyncio.Event()
        self._is_closing = False
        self._is_failing = False
        self._is_refused = False
        self._task = asyncio.create_task(self._run())

    def add(self, piece: Piece) -> None:
        """Take some output."""
        self._attempt.log_ends[piece.stream] = piece.offset + len(piece.data)
        if self._is_refused:
            return
        chunks = self._streams[piece.stream]
        chunks.add(piece.offset, piece.data)
        if not chunks.is_empty:
            self._news.set()

    async def close(self, *, within_seconds: float) -> None:
        """Send what is left; give up after this long."""
        self._is_closing = True
        self._news.set()
        done, _ = await asyncio.wait({self._task}, timeout=within_seconds)
        if not done:
            log.warning("log not sent to its end", attempt=self._attempt.ref.attempt_id)
        await self.abandon()

    async def abandon(self) -> None:
        """Send nothing more."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        while not (self._is_closing and all(c.is_empty for c in self._streams.values())):
            await self._news.wait()
            if not self._is_closing:
                await self._gather_more()
            self._news.clear()
            for stream, chunks in self._streams.items():
                while (chunk := chunks.next(is_last=self._is_closing)) is not None:
                    is_sent = await self._send(stream, chunk)
                    if self._is_refused:
                        return
                    if not is_sent:
                        chunks.drop(chunk)
                        # The marker is due next; a server in trouble is given a rest.
                        await asyncio.sleep(_DELAY_SECONDS)
            if self._is_closing:
                self._news.set()

    async def _gather_more(self) -> None:
        """Wait a little, so that a talkative command makes few chunks."""
        deadline = asyncio.get_running_loop().time() + _DELAY_SECONDS
        while (left := deadline - asyncio.get_running_loop().time()) > 0:
            if self._is_closing or any(c.pending >= CHUNK_LIMIT for c in self._streams.values()):
                return
            self._news.clear()
            try:
                async with asyncio.timeout(left):
                    await self._news.wait()
            except TimeoutError:
                return

    async def _send(self, stream: str, chunk: Chunk) -> bool:
        ref, position = self._attempt.ref, chunk.position
        for _ in range(_TRIES):
            try:
                await self._journal.record_chunk(ref, stream, position)
                await self._session.use(
                    lambda _: self._scheduler.put_log_chunk(ref, stream, position, chunk.content)
                )
            except StaleFenceError as error:
                self._attempt.order_stop(StopOrder(StopKind.KILL, error.detail, 0.0))
                self._is_refused = True
                return False
            except MlmonError as error:
                if not self._is_failing:
                    log.warning("log not sent", attempt=ref.attempt_id, detail=error.detail)
                self._is_failing = True
                if error.status in _CLIENT_FAULT and error.status not in _PASSING:
                    # Sending the rest would be refused as well.
                    self._is_refused = True
                    return False
            else:
                self._is_failing = False
                return True
        return False
