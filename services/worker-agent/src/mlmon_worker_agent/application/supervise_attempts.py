"""All attempts of the agent at once: start them, find them again, end them."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Final

import structlog

from mlmon_shared.wire.agent_protocol import Grant, Result
from mlmon_shared.wire.states import AttemptState, Cause
from mlmon_worker_agent.application.held_attempts import HeldAttempt, HeldAttempts
from mlmon_worker_agent.application.host_ports import Host
from mlmon_worker_agent.application.ports import ContainerRuntime, Journal
from mlmon_worker_agent.application.run_attempt import AttemptRunner
from mlmon_worker_agent.domain.attempts import (
    AttemptRef,
    JournaledAttempt,
    JournalState,
    StopKind,
    StopOrder,
)
from mlmon_worker_agent.domain.watermarks import KnownHistory

log = structlog.get_logger(__name__)

_RUNS_NOTHING: Final = (AttemptState.GRANTED, AttemptState.FINISHING)


class AttemptSupervisor:
    """Has one task per attempt."""

    def __init__(
        self,
        *,
        runner: AttemptRunner,
        runtime: ContainerRuntime,
        journal: Journal,
        held: HeldAttempts,
        host: Host,
    ) -> None:
        self._runner = runner
        self._runtime = runtime
        self._journal = journal
        self._held = held
        self._host = host
        self._tasks: set[asyncio.Task[None]] = set()

    def take(self, grant: Grant) -> None:
        """Begin the attempt of a grant; a grant that is held already changes nothing."""
        ref = AttemptRef(grant.run_id, grant.attempt, grant.fence)
        if self._held.find(ref) is not None:
            return
        log.info("granted", attempt=ref.attempt_id)
        self._spawn(self._runner.run(self._held.add(grant)))

    async def recover(self) -> None:
        """After a start: go on with what runs, report what ended, remove what nobody knows."""
        existing = {found.ref: found for found in await self._runtime.list_existing()}
        for journaled in await self._journal.list_attempts():
            found = existing.pop(journaled.ref, None)
            if journaled.state is JournalState.STARTED and found is not None:
                attempt = self._held.add(journaled.grant, gpus=journaled.gpus)
                self._spawn(self._runner.resume(attempt, journaled))
                continue
            if journaled.result is None:
                await self._return(journaled)
            await self._runtime.remove(journaled.ref)
        for ref in existing:
            log.warning("unknown attempt removed", attempt=ref.attempt_id)
            await self._runtime.remove(ref)

    def stop_all(
        self, kind: StopKind, reason: str, *, grace: Callable[[float], float] = lambda usual: usual
    ) -> None:
        """Order every attempt to end.

        Args:
            kind: Decides what is reported.
            reason: One sentence; the commands can read it.
            grace: Returns the seconds after SIGTERM, from what is usual for the attempt.
        """
        for attempt in self._held.list_working():
            seconds = grace(attempt.grant.kill_grace_seconds)
            attempt.order_stop(StopOrder(kind, reason, seconds))

    def stop_out_of_contact(self, last_contact: float, history: KnownHistory) -> None:
        """End the attempts that the scheduler is about to declare lost.

        One that is only granted runs nothing yet: whether it may, its acceptance tells. One that
        finishes runs nothing any more: whether its result still counts, its fence tells.

        Args:
            last_contact: When the last acknowledged beat was sent, on the monotonic clock.
            history: What it may not know of is ended sooner.
        """
        silent = self._host.monotonic() - last_contact
        for attempt in self._held.list_working():
            if attempt.phase in _RUNS_NOTHING:
                continue
            limit = attempt.patience_seconds(history)
            if silent > limit:
                self._stop_lost(attempt, limit)

    async def wait_until_idle(self) -> None:
        """Return when no attempt uses anything of the host any more."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    def _stop_lost(self, attempt: HeldAttempt, limit: float) -> None:
        reason = (
            f"The agent had no contact with the scheduler for {limit:g} s and stopped the command."
        )
        order = StopOrder(StopKind.LOST, reason, attempt.grant.kill_grace_seconds)
        if order.outranks(attempt.stop_order):
            log.warning("no contact; attempt stopped", attempt=attempt.ref.attempt_id)
        attempt.order_stop(order)

    async def _return(self, journaled: JournaledAttempt) -> None:
        ref = journaled.ref
        result = Result(
            run_id=ref.run_id,
            attempt=ref.number,
            fence=ref.fence,
            event_id=f"{ref.attempt_id}.{ref.fence}",
            state=AttemptState.RETURNED,
            cause=Cause.INFRA,
            reason="The agent restarted before the command began.",
        )
        await self._journal.record_result(ref, result)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
