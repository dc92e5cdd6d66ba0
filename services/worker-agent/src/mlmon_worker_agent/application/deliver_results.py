"""Bring final results to the scheduler, and keep them until history has them."""

from collections.abc import Callable, Sequence

import structlog

from mlmon_shared.wire.agent_protocol import Result, ResultAnswer
from mlmon_worker_agent.application.held_attempts import HeldAttempts
from mlmon_worker_agent.application.ports import Journal
from mlmon_worker_agent.domain.attempts import AttemptRef, JournalState
from mlmon_worker_agent.domain.watermarks import is_durable

log = structlog.get_logger(__name__)

BATCH = 100
_ACCEPTED = "accepted"


class ResultDelivery:
    """The results in the journal, from their end to their durability.

    Args:
        journal: Where they are.
        held: Whose attempts are settled once they are answered.
    """

    def __init__(self, journal: Journal, held: HeldAttempts) -> None:
        self._journal = journal
        self._held = held
        self._wake: Callable[[], None] = lambda: None

    def call_on_result(self, wake: Callable[[], None]) -> None:
        """Call this when a result waits to be sent."""
        self._wake = wake

    def result_recorded(self) -> None:
        """Say that a result waits to be sent."""
        self._wake()

    async def list_unsent(self) -> list[Result]:
        """Return results that no answer was heard for."""
        return await self._list({JournalState.ENDED})

    async def list_all(self) -> list[Result]:
        """Return every result that is not known to be in history."""
        return await self._list({JournalState.ENDED, JournalState.SENT})

    async def apply(self, answers: Sequence[ResultAnswer], *, epoch: int) -> None:
        """Act on what became of results.

        Args:
            answers: From the scheduler.
            epoch: In which they were given.
        """
        for answer in answers:
            ref = AttemptRef(answer.run_id, answer.attempt, answer.fence)
            if answer.status == _ACCEPTED:
                await self._journal.record_answer(ref, epoch=epoch, position=answer.position)
            else:
                log.warning(
                    "result refused; discarded",
                    attempt=ref.attempt_id,
                    status=answer.status,
                    detail=answer.detail,
                )
                await self._journal.forget(ref)
            if (attempt := self._held.find(ref)) is not None:
                self._held.settle(attempt, answered=True)

    async def forget_durable(self, *, epoch: int, watermark: str) -> None:
        """Forget the results that history has."""
        for attempt in await self._journal.list_attempts():
            if attempt.state is JournalState.SENT and is_durable(
                epoch=attempt.epoch,
                position=attempt.position,
                watermark_epoch=epoch,
                watermark=watermark,
            ):
                await self._journal.forget(attempt.ref)

    async def _list(self, states: set[JournalState]) -> list[Result]:
        attempts = await self._journal.list_attempts()
        return [
            attempt.result
            for attempt in attempts
            if attempt.state in states and attempt.result is not None
        ]
