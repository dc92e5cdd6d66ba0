"""Read an attempt's log, as it is or as it grows."""

from collections.abc import AsyncIterator
from typing import Final

from mlmon_scheduler.application.attempt_ports import LogTails
from mlmon_scheduler.application.ports import News
from mlmon_scheduler.application.read_runs import RunReader
from mlmon_shared.errors import GoneError, NotFoundError
from mlmon_shared.wire.runs import AttemptDocument, RunDocument
from mlmon_shared.wire.states import FINAL_ATTEMPT_STATES, FINAL_RUN_STATES

_START: Final = "0-0"
_WAIT_SECONDS: Final = 1.0


class LogReader:
    """Streams live log tails."""

    def __init__(self, tails: LogTails, reader: RunReader, news: News) -> None:
        self._tails = tails
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
            GoneError: The tail of a finished attempt is no longer kept.
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
        ):
            raise GoneError(
                f"the log of attempt {number} of run {run_id} is not kept any more", run_id=run_id
            )
        if not follow:
            return self._read(run_id, number)
        return self._follow(run, number, is_fixed=attempt is not None)

    async def _read(self, run_id: str, number: int) -> AsyncIterator[bytes]:
        position = _START
        while number:
            position, chunks = await self._tails.read(
                f"{run_id}.{number}", after=position, wait_seconds=0
            )
            if not chunks:
                return
            for chunk in chunks:
                yield chunk

    async def _follow(
        self, run: RunDocument, number: int, *, is_fixed: bool
    ) -> AsyncIterator[bytes]:
        position = _START
        while not self._news.is_stopping:
            if number == 0:
                if run.state in FINAL_RUN_STATES:
                    return
                run = await self._reader.wait_run(run.id, _WAIT_SECONDS)
                number = min(run.attempt, 1)
                continue
            # Looked up before the read: an attempt's last chunk is there before its end is.
            run = await self._reader.get_run(run.id)
            is_over = _is_over(next((a for a in run.attempts if a.number == number), None))
            position, chunks = await self._tails.read(
                f"{run.id}.{number}",
                after=position,
                wait_seconds=0 if is_over else _WAIT_SECONDS,
            )
            for chunk in chunks:
                yield chunk
            if chunks or not is_over:
                continue
            if not is_fixed and run.attempt > number:
                number, position = number + 1, _START
            elif is_fixed or run.state in FINAL_RUN_STATES:
                return
            else:
                run = await self._reader.wait_run(run.id, _WAIT_SECONDS)


def _is_over(attempt: AttemptDocument | None) -> bool:
    return attempt is not None and attempt.state in FINAL_ATTEMPT_STATES
