"""Read an attempt's log, as it is or as it grows."""

from collections.abc import AsyncIterator
from typing import Final

from mlmon_scheduler.application.archive_logs import LogArchive
from mlmon_scheduler.application.attempt_ports import LogTails
from mlmon_scheduler.application.ports import News
from mlmon_scheduler.application.read_runs import RunReader
from mlmon_scheduler.domain.log_cursors import LogCursor
from mlmon_shared.errors import GoneError, NotFoundError
from mlmon_shared.wire.runs import AttemptDocument, RunDocument
from mlmon_shared.wire.states import FINAL_ATTEMPT_STATES, FINAL_RUN_STATES

_START: Final = "0-0"
_WAIT_SECONDS: Final = 1.0


class LogReader:
    """Streams logs: what is archived, then the live tail."""

    def __init__(self, tails: LogTails, archive: LogArchive, reader: RunReader, news: News) -> None:
        self._tails = tails
        self._archive = archive
        self._reader = reader
        self._news = news

    async def open(self, run_id: str, *, attempt: int | None, follow: bool) -> AsyncIterator[bytes]:
        """Return the pieces of an attempt's log.

        Args:
            run_id: Whose log.
            attempt: The newest when None; when following, then also those that come after.
            follow: Go on until the run (or the named attempt) is final.

        Raises:
            NotFoundError: There is no such run or attempt.
            GoneError: The log of a finished attempt is no longer kept.
        """
        run = await self._reader.get_run(run_id)
        known = {document.number: document for document in run.attempts}
        if attempt is not None and attempt not in known:
            raise NotFoundError(f"run {run_id} has no attempt {attempt}; it has {len(known)}")
        number = attempt or run.attempt
        chosen = known.get(number)
        if (
            chosen is not None
            and _is_over(chosen)
            and chosen.usage.log_bytes != 0
            and not await self._tails.exists(chosen.id)
            and await self._archive.find_chunk(chosen.id, chosen.fence, 0) is None
        ):
            raise GoneError(
                f"the log of attempt {number} of run {run_id} is not kept any more", run_id=run_id
            )
        if not follow:
            return self._read(chosen)
        return self._follow(run, number, is_fixed=attempt is not None)

    async def _read(self, attempt: AttemptDocument | None) -> AsyncIterator[bytes]:
        if attempt is None:
            return
        log = _AttemptLog(self._tails, self._archive, attempt)
        async for piece in log.catch_up():
            yield piece
        while not log.is_dry:
            async for piece in log.read(wait_seconds=0):
                yield piece
        # What the tail has lost may have been archived meanwhile.
        async for piece in log.catch_up():
            yield piece

    async def _follow(
        self, run: RunDocument, number: int, *, is_fixed: bool
    ) -> AsyncIterator[bytes]:
        while not self._news.is_stopping:
            if number > 0:
                async for piece in self._follow_attempt(run.id, number):
                    yield piece
                if is_fixed:
                    return
                run = await self._reader.get_run(run.id)
            while run.attempt <= number:
                if run.state in FINAL_RUN_STATES or self._news.is_stopping:
                    return
                run = await self._reader.wait_run(run.id, _WAIT_SECONDS)
            number += 1

    async def _follow_attempt(self, run_id: str, number: int) -> AsyncIterator[bytes]:
        log: _AttemptLog | None = None
        while not self._news.is_stopping:
            # Looked up before the read: an attempt's last chunk is there before its end is.
            run = await self._reader.get_run(run_id)
            attempt = next((each for each in run.attempts if each.number == number), None)
            if attempt is None:
                return
            if log is None:
                log = _AttemptLog(self._tails, self._archive, attempt)
                async for piece in log.catch_up():
                    yield piece
            is_over = _is_over(attempt)
            async for piece in log.read(wait_seconds=0 if is_over else _WAIT_SECONDS):
                yield piece
            if is_over and log.is_dry:
                async for piece in log.catch_up():
                    yield piece
                return


class _AttemptLog:
    """One attempt's log from its beginning on, each byte once.

    Attributes:
        is_dry: Whether the tail had nothing new when it was read last.
    """

    def __init__(self, tails: LogTails, archive: LogArchive, attempt: AttemptDocument) -> None:
        self._tails = tails
        self._archive = archive
        self._attempt = attempt
        self._cursor = LogCursor()
        self._seq = 0
        self._position = _START
        self.is_dry = False

    async def catch_up(self) -> AsyncIterator[bytes]:
        """Yield what has been archived and was not shown."""
        attempt = self._attempt
        while (
            records := await self._archive.find_chunk(attempt.id, attempt.fence, self._seq)
        ) is not None:
            self._seq += 1
            for record in records:
                for piece in (*self._cursor.skip(record), *self._cursor.take(record)):
                    yield piece

    async def read(self, *, wait_seconds: float) -> AsyncIterator[bytes]:
        """Yield what came to the tail, and before it from the archive what the tail has lost."""
        before = self._position
        self._position, records = await self._tails.read(
            self._attempt.id, self._attempt.fence, after=before, wait_seconds=wait_seconds
        )
        self.is_dry = self._position == before
        for record in records:
            if self._cursor.gap(record):
                async for piece in self.catch_up():
                    yield piece
            for piece in (*self._cursor.skip(record), *self._cursor.take(record)):
                yield piece


def _is_over(attempt: AttemptDocument | None) -> bool:
    return attempt is not None and attempt.state in FINAL_ATTEMPT_STATES
