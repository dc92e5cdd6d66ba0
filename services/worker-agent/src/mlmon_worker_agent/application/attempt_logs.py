"""What an attempt prints, on its way to those who follow it and to the archive."""

import asyncio
from typing import Final, Self

from mlmon_worker_agent.application.archive_log import LogArchiver
from mlmon_worker_agent.application.held_attempts import HeldAttempt
from mlmon_worker_agent.application.ports import AttemptScheduler, Journal, Piece
from mlmon_worker_agent.application.send_log import LogSender
from mlmon_worker_agent.application.sessions import Session

_TAIL_SECONDS: Final = 10.0
_ARCHIVE_SECONDS: Final = 30.0
_DISCARDED_SECONDS: Final = 5.0


class AttemptLog:
    """Passes output on to the live tail and to the archive; neither holds up the other."""

    def __init__(self, sender: LogSender, archiver: LogArchiver) -> None:
        self._sender = sender
        self._archiver = archiver

    @classmethod
    async def open(
        cls,
        attempt: HeldAttempt,
        *,
        session: Session,
        scheduler: AttemptScheduler,
        journal: Journal,
    ) -> Self:
        """Begin, or go on from where an earlier process of this agent was."""
        chunks = await journal.find_chunks(attempt.ref)
        archived = await journal.find_archive(attempt.ref)
        return cls(
            LogSender(
                attempt, session=session, scheduler=scheduler, journal=journal, resume=chunks
            ),
            LogArchiver(
                attempt.ref,
                session=session,
                scheduler=scheduler,
                journal=journal,
                resume=archived,
            ),
        )

    def add(self, piece: Piece) -> None:
        """Take some output."""
        self._sender.add(piece)
        self._archiver.add(piece)

    async def close(self, *, is_discarded: bool, patience_seconds: float) -> None:
        """Send and store what is left, before anybody is told of the attempt's end.

        Args:
            is_discarded: The lease was lost: nobody waits for the tail, and not long for the rest.
            patience_seconds: How long the artifact store is waited for, at most half a minute.
        """
        if is_discarded:
            await self._archiver.close(within_seconds=min(patience_seconds, _DISCARDED_SECONDS))
            return
        await asyncio.gather(
            self._sender.close(within_seconds=_TAIL_SECONDS),
            self._archiver.close(within_seconds=min(patience_seconds, _ARCHIVE_SECONDS)),
        )

    async def abandon(self) -> None:
        """Send and store nothing more."""
        await asyncio.gather(self._sender.abandon(), self._archiver.abandon())
