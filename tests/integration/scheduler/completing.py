"""The use case that ends attempts, on the stores under test."""

from collections.abc import Sequence
from pathlib import Path

from mlmon_scheduler.adapters.folder_artifacts import FolderArtifactStore
from mlmon_scheduler.application.complete_attempts import AttemptCompleter
from mlmon_scheduler.application.decide_endings import EndingDecider
from mlmon_scheduler.application.stored import LeasedRun
from mlmon_scheduler.domain.signatures import Signer
from mlmon_shared.wire.agent_protocol import Result
from mlmon_shared.wire.catalog import Pool
from mlmon_shared.wire.job_definitions import Resources, Retries
from mlmon_shared.wire.states import AttemptState, Cause, RunState
from tests.integration.scheduler.conftest import Queue

GIB = 2**30
POOL = Pool(name="cpu", resources=Resources(cpu=8, memory=4 * GIB))


class Completing:
    """Ends attempts as their agents report them.

    Attributes:
        completer: The use case.
        policy: Of every job.
    """

    def __init__(self, queue: Queue, folder: Path, pools: Sequence[Pool] = (POOL,)) -> None:
        self.policy = Retries(infra=10)
        self._queue = queue

        async def retries_of(_job: str, _version: int) -> Retries:
            return self.policy

        artifacts = FolderArtifactStore(folder, Signer("k" * 32), queue.clock, limit=1)
        decider = EndingDecider(queue.runs, retries_of, lambda _: pools, lambda: 1.0)
        self.completer = AttemptCompleter(queue.runs, queue.leases, artifacts, decider)

    async def report(
        self,
        granted: LeasedRun,
        state: AttemptState = AttemptState.FAILED,
        cause: Cause | None = None,
        *,
        agent: str = "agent",
        exit_code: int | None = None,
        reason: str = "",
        is_of_host: bool = True,
    ) -> RunState | None:
        """Send a result; return the run's state afterwards, None for a stale fence."""
        result = Result(
            run_id=granted.run_id,
            attempt=granted.attempt,
            fence=granted.fence,
            event_id=granted.fence,
            state=state,
            cause=cause,
            exit_code=exit_code,
            reason=reason,
        )
        (answer,) = await self.completer.complete_attempts([result], agent, is_of_host=is_of_host)
        return answer.run_state

    async def run_out_of_memory(self, granted: LeasedRun) -> RunState | None:
        """Report that the attempt needed more memory than it may use."""
        return await self.report(granted, cause=Cause.OOM, exit_code=137, reason="It needed more.")

    async def fail_on(
        self, agent: str, cause: Cause = Cause.HOST, *, reason: str = "Broken."
    ) -> RunState | None:
        """Let the next run that the agent gets fail on it."""
        granted = await self._queue.start(agent)
        return await self.report(granted, cause=cause, agent=agent, reason=reason)

    async def fail_job_on(self, agent: str, job: str, cause: Cause = Cause.HOST) -> None:
        """Let a new run of the job fail on the agent for good."""
        run_id = f"{job}-{await self._queue.redis.incr('test-numbers')}"
        await self._queue.add(run_id, job=job)
        await self.fail_on(agent, cause)
        await self._queue.runs.cancel([run_id], "The test is done with it.")

    async def wait_out_backoff(self) -> None:
        """Let every delayed run become ready."""
        self._queue.clock.advance(600)
        await self._queue.runs.promote_delayed(100)
