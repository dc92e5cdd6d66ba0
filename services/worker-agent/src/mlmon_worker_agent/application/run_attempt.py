"""One attempt from its grant to its end: prepare, run, finish, clean."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any, Final, TypeVar

import structlog

from mlmon_shared.errors import (
    MlmonError,
    StaleFenceError,
    StoreUnavailableError,
)
from mlmon_shared.wire.agent_protocol import AttemptSpec
from mlmon_shared.wire.quantities import readable_size
from mlmon_shared.wire.states import AttemptState, Cause
from mlmon_worker_agent.application.attempt_logs import AttemptLog
from mlmon_worker_agent.application.attempt_reports import Report, returned, stopped
from mlmon_worker_agent.application.deliver_results import ResultDelivery
from mlmon_worker_agent.application.follow_command import CommandFollower, Followed
from mlmon_worker_agent.application.held_attempts import HeldAttempt, HeldAttempts
from mlmon_worker_agent.application.host_ports import Host
from mlmon_worker_agent.application.ports import AttemptScheduler, ContainerRuntime, Journal
from mlmon_worker_agent.application.sessions import Session
from mlmon_worker_agent.application.transfer_files import FileTransfers, TransferStarter
from mlmon_worker_agent.application.watch_gpus import GpuWatch
from mlmon_worker_agent.domain.attempts import JournaledAttempt, StopKind, StopOrder
from mlmon_worker_agent.domain.causes import (
    Outcome,
    classify_exit,
    classify_stop,
)
from mlmon_worker_agent.domain.errors import (
    AttemptFailedError,
    AttemptStoppedError,
    DiskFullError,
)

log = structlog.get_logger(__name__)

T = TypeVar("T")
_ACCEPT_SECONDS: Final = 30.0
_CONTACT_POLL_SECONDS: Final = 0.05
_LOST_LOG_SECONDS: Final = 5.0
_FULL_BYTES: Final = 2**20
_JOURNAL_RETRY_SECONDS: Final = 1.0
_SERVER_FAULT: Final = 429
_NO_NEXT_ATTEMPT: Final = frozenset({StopKind.CANCEL, StopKind.KILL, StopKind.LOST})
"""Orders after which the run has no next attempt, or this agent no say in it."""
_LEAVING: Final = frozenset({StopKind.HOST, StopKind.SPOT})
_LEAVING_SECONDS: Final = 20.0
"""For checkpoints: a spot instance leaves 30 s after SIGKILL, and the logs go first."""


class AttemptRunner:
    """Runs attempts; each method returns when the attempt is over and cleaned up.

    What went wrong is in the attempt's result; nothing is raised.

    Args:
        transfers: Moves the files of attempts.
        disk_check_seconds: See `CommandFollower`.
        gpus: Watches the devices that attempts are given.
    """

    def __init__(
        self,
        *,
        runtime: ContainerRuntime,
        journal: Journal,
        scheduler: AttemptScheduler,
        session: Session,
        held: HeldAttempts,
        delivery: ResultDelivery,
        host: Host,
        transfers: TransferStarter,
        disk_check_seconds: float,
        gpus: GpuWatch,
    ) -> None:
        self._gpus = gpus
        self._disk_check_seconds = disk_check_seconds
        self._transfers = transfers
        self._runtime = runtime
        self._journal = journal
        self._scheduler = scheduler
        self._session = session
        self._held = held
        self._delivery = delivery
        self._host = host

    async def run(self, attempt: HeldAttempt) -> None:
        """Accept a grant and do what it asks for."""
        await self._guarded(attempt, self._run_granted(attempt))

    async def resume(self, attempt: HeldAttempt, journaled: JournaledAttempt) -> None:
        """Go on with a command that an earlier process of this agent started."""
        await self._guarded(attempt, self._run_adopted(attempt, journaled))

    async def _guarded(
        self, attempt: HeldAttempt, work: Coroutine[Any, Any, Report | None]
    ) -> None:
        """Make sure that the attempt ends in a result and leaves nothing, whatever happens."""
        with structlog.contextvars.bound_contextvars(attempt=attempt.ref.attempt_id):
            try:
                report = await work
            except StaleFenceError as error:
                log.warning("attempt is stale; discarded", detail=error.detail)
                report = None
            except Exception:
                log.exception("attempt failed by a fault of the agent")
                reason = "The agent failed; its log has the details."
                report = Report(Outcome(AttemptState.FAILED, Cause.INFRA, reason))
            await self._conclude(attempt, report)

    async def _run_granted(self, attempt: HeldAttempt) -> Report | None:
        try:
            await self._journal.record_grant(attempt.grant)
        except StoreUnavailableError as error:
            log.error("grant left to expire", detail=error.detail)  # noqa: TRY400 - no bug
            return None
        await self._await_predecessor(attempt)
        if refusal := self._find_refusal(attempt):
            return returned(refusal)
        spec = await self._accept(attempt)
        if spec is None:
            return returned("The agent could not reach the scheduler to accept the attempt.")
        await self._journal.record_spec(attempt.ref, spec.without_secrets())
        report = Report(Outcome(AttemptState.FAILED, Cause.INFRA))
        transfers = self._transfers.start(attempt.ref, spec)
        try:
            # Nothing runs yet, so nothing is stopped for want of contact; nor is it begun.
            await _unless_stopped(attempt, self._await_contact(attempt))
            with report.timed("prepare", self._host):
                attempt.enter(AttemptState.PREPARING)
                await _unless_stopped(attempt, self._prepare(attempt, spec, transfers))
            await self._journal.record_start(
                attempt.ref, prepare_seconds=report.phases["prepare"], gpus=attempt.gpus
            )
            attempt.enter(AttemptState.RUNNING)
            await self._runtime.start(spec, attempt.gpus)
        except AttemptFailedError as error:
            report.outcome = Outcome(AttemptState.FAILED, error.cause, error.detail)
            return report
        except AttemptStoppedError:
            return stopped(attempt, report)
        return await self._run_and_finish(attempt, spec, transfers, report)

    def _find_refusal(self, attempt: HeldAttempt) -> str | None:
        if self._held.is_draining:
            return "The agent takes no new attempts."
        if not self._held.pin_gpus(attempt):
            return "A GPU of the host failed before the attempt began."
        return None

    async def _run_adopted(
        self, attempt: HeldAttempt, journaled: JournaledAttempt
    ) -> Report | None:
        spec = journaled.spec
        if spec is None:
            return returned("The agent restarted before the command began.")
        log.info("attempt adopted again")
        attempt.image = self._runtime.image(attempt.ref)
        attempt.enter(AttemptState.RUNNING)
        report = Report(Outcome(AttemptState.FAILED, Cause.INFRA))
        report.phases["prepare"] = journaled.prepare_seconds
        transfers = self._transfers.start(attempt.ref, spec)
        return await self._run_and_finish(attempt, spec, transfers, report)

    async def _await_contact(self, attempt: HeldAttempt) -> None:
        """Wait until a beat was acknowledged so lately that the attempt would not be stopped."""
        while (  # noqa: ASYNC110 - time
            self._host.monotonic() - self._session.last_contact
            > attempt.patience_seconds(self._session.history) / 2
        ):
            await asyncio.sleep(_CONTACT_POLL_SECONDS)

    async def _await_predecessor(self, attempt: HeldAttempt) -> None:
        """An older lease of the same attempt uses the same folders: end it first."""
        reason = "The attempt was leased anew."
        while older := [
            other
            for other in self._held.list_working()
            if other.ref.attempt_id == attempt.ref.attempt_id and other is not attempt
        ]:
            older[0].order_stop(StopOrder(StopKind.KILL, reason, 0.0))
            await asyncio.sleep(_JOURNAL_RETRY_SECONDS / 10)

    async def _accept(self, attempt: HeldAttempt) -> AttemptSpec | None:
        """Accept, trying again for as long as the grant can be good."""
        deadline = self._host.monotonic() + _ACCEPT_SECONDS
        while True:
            try:
                async with asyncio.timeout(max(deadline - self._host.monotonic(), 0.0)):
                    return await self._fetch_spec(attempt)
            except TimeoutError:
                return None
            except StaleFenceError:
                raise
            except MlmonError as error:
                log.warning("grant not accepted yet", detail=error.detail)
                if error.status < _SERVER_FAULT or self._host.monotonic() > deadline:
                    return None
                await asyncio.sleep(_JOURNAL_RETRY_SECONDS / 4)

    async def _fetch_spec(self, attempt: HeldAttempt) -> AttemptSpec:
        return await self._session.use(
            lambda registered: self._scheduler.accept(registered.session, attempt.ref)
        )

    async def _prepare(
        self, attempt: HeldAttempt, spec: AttemptSpec, transfers: FileTransfers
    ) -> None:
        free = self._host.free_disk()
        if free < spec.resources.disk:
            await transfers.make_room(spec.resources.disk - free)
            free = self._host.free_disk()
        if free < spec.resources.disk:
            raise DiskFullError(
                f"The host's disk is full: it has {readable_size(free)} of scratch space left; "
                f"the job asks for {readable_size(spec.resources.disk)}."
            )
        folders = await self._runtime.prepare(spec, attempt.note_detail)
        attempt.image = self._runtime.image(attempt.ref)
        attempt.note_detail("fetching inputs" if spec.inputs else "")
        await transfers.fetch_inputs(folders)

    async def _run_and_finish(
        self,
        attempt: HeldAttempt,
        spec: AttemptSpec,
        transfers: FileTransfers,
        report: Report,
    ) -> Report:
        attempt_log = await AttemptLog.open(
            attempt, session=self._session, scheduler=self._scheduler, journal=self._journal
        )
        try:
            follower = CommandFollower(
                attempt,
                spec,
                runtime=self._runtime,
                host=self._host,
                log=attempt_log,
                disk_check_seconds=self._disk_check_seconds,
            )
            followed = await follower.follow()
            order = followed.order or await self._find_gpu_order(attempt, followed)
            span = await self._runtime.span(attempt.ref)
            ended = span.ended if span.ended is not None else self._host.monotonic()
            report.phases["run"] = max(ended - span.started, 0.0)
            with report.timed("finish", self._host):
                attempt.enter(AttemptState.FINISHING)
                kind = attempt.stop_order.kind if attempt.stop_order is not None else None
                patience = self._transfers.patience_seconds
                if kind is StopKind.LOST:
                    # Who grants uploads is out of contact, and the host is to be clean soon.
                    patience = min(patience, _LOST_LOG_SECONDS)
                await attempt_log.close(
                    is_discarded=kind is StopKind.KILL, patience_seconds=patience
                )
                report.outcome = (
                    classify_stop(order, exit_code=followed.end.exit_code)
                    if order is not None
                    else classify_exit(
                        followed.end,
                        last_words=followed.last_words,
                        memory_limit=spec.resources.memory,
                        peak_memory=attempt.usage.peak_memory,
                        is_disk_full=self._host.free_disk() < _FULL_BYTES,
                    )
                )
                await self._store_files(attempt, transfers, report)
        except AttemptFailedError as error:
            report.outcome = Outcome(AttemptState.FAILED, error.cause, error.detail, 0)
        except AttemptStoppedError:
            return stopped(attempt, report)
        finally:
            await attempt_log.abandon()
        return report

    async def _find_gpu_order(self, attempt: HeldAttempt, followed: Followed) -> StopOrder | None:
        """A command notices a GPU that fails before we do: look before it is blamed itself."""
        if followed.end.is_success or not attempt.gpus:
            return None
        await self._gpus.look()
        order = attempt.stop_order
        return order if order is not None and order.kind is StopKind.GPU else None

    async def _store_files(
        self, attempt: HeldAttempt, transfers: FileTransfers, report: Report
    ) -> None:
        """Upload the outputs of a success; of anything else what the next attempt can use."""
        folders = self._runtime.folders(attempt.ref)
        if report.outcome.state is AttemptState.SUCCEEDED:
            try:
                report.artifacts, metrics = await _unless_stopped(
                    attempt, transfers.publish_outputs(folders)
                )
            except AttemptFailedError as error:
                report.outcome = Outcome(AttemptState.FAILED, error.cause, error.detail, 0)
            else:
                attempt.metrics |= metrics
                return
        while (order := attempt.stop_order) is None or order.kind not in _NO_NEXT_ATTEMPT:
            is_leaving = order is not None and order.kind in _LEAVING
            keeping = transfers.keep_checkpoints(
                folders, within_seconds=_LEAVING_SECONDS if is_leaving else None
            )
            try:
                kept, faults = await _unless_stopped(attempt, keeping, beyond=order)
            except AttemptStoppedError:
                # There is less time now, or none.
                continue
            report.checkpoints = kept
            reason = " ".join([report.outcome.reason, *faults])
            report.outcome = replace(report.outcome, reason=reason)
            return

    async def _conclude(self, attempt: HeldAttempt, report: Report | None) -> None:
        order = attempt.stop_order
        if report is None or (order is not None and order.kind is StopKind.KILL):
            await self._clean(attempt)
            await self._journal_surely(lambda: self._journal.forget(attempt.ref))
            self._held.settle(attempt, answered=True)
            return
        result = report.as_result(attempt)
        log.info(
            "attempt ended", state=result.state, cause=result.cause, exit_code=result.exit_code
        )
        try:
            await self._journal.record_result(attempt.ref, result)
        except StoreUnavailableError as error:
            log.warning("result not journaled yet", detail=error.detail)
            # What the attempt left may be what fills the disk.
            await self._clean(attempt)
            await self._journal_surely(lambda: self._journal.record_result(attempt.ref, result))
        self._delivery.result_recorded()
        await self._clean(attempt)

    async def _journal_surely(self, write: Callable[[], Coroutine[Any, Any, None]]) -> None:
        while True:
            try:
                return await write()
            except StoreUnavailableError as error:
                log.error("the journal does not work", detail=error.detail)  # noqa: TRY400 - no bug
                await asyncio.sleep(_JOURNAL_RETRY_SECONDS)

    async def _clean(self, attempt: HeldAttempt) -> None:
        """Leave nothing on the host; resources that cannot be freed stay taken."""
        if attempt.is_cleaned:
            return
        while True:
            try:
                await self._runtime.remove(attempt.ref)
            except (OSError, TimeoutError, MlmonError) as error:
                log.error("host not clean; trying again", error=str(error))  # noqa: TRY400 - no bug
                await asyncio.sleep(_JOURNAL_RETRY_SECONDS)
            else:
                break
        self._held.settle(attempt, cleaned=True)


async def _unless_stopped(
    attempt: HeldAttempt, work: Coroutine[Any, Any, T], *, beyond: StopOrder | None = None
) -> T:
    """Do some work, or abandon it when the attempt is to be stopped.

    Args:
        attempt: That is worked on.
        work: To be done.
        beyond: The order that is known already, and stops nothing.

    Raises:
        AttemptStoppedError: It was abandoned.
    """
    working = asyncio.create_task(work)
    stopping = asyncio.create_task(attempt.wait_for_stop(beyond=beyond))
    try:
        await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            return working.result()
        order = stopping.result()
        raise AttemptStoppedError(order.reason)
    finally:
        for task in (working, stopping):
            task.cancel()
        await asyncio.gather(working, stopping, return_exceptions=True)
