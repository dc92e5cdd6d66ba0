"""What is reported of an attempt that has ended."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from mlmon_shared.wire.agent_protocol import Result
from mlmon_shared.wire.runs import ArtifactDocument
from mlmon_shared.wire.states import AttemptState, Cause
from mlmon_worker_agent.application.held_attempts import HeldAttempt
from mlmon_worker_agent.application.host_ports import Host
from mlmon_worker_agent.domain.causes import Outcome, classify_stop


class Report:
    """What is known of an attempt's end while it is being put together.

    Attributes:
        phases: Seconds that each took.
    """

    def __init__(self, outcome: Outcome) -> None:
        self.outcome = outcome
        self.phases: dict[str, float] = {}
        self.artifacts: list[ArtifactDocument] = []
        self.checkpoints: list[ArtifactDocument] = []

    def timed(self, phase: str, host: Host) -> AbstractContextManager[None]:
        """Measure how long a phase takes, also one that fails."""

        @contextmanager
        def measure() -> Iterator[None]:
            begun = host.monotonic()
            try:
                yield
            finally:
                self.phases[phase] = host.monotonic() - begun

        return measure()

    def as_result(self, attempt: HeldAttempt) -> Result:
        """Return what the scheduler is told."""
        ref = attempt.ref
        return Result(
            run_id=ref.run_id,
            attempt=ref.number,
            fence=ref.fence,
            # A lease ends once, so its names are the event's id, also after a crash.
            event_id=f"{ref.attempt_id}.{ref.fence}",
            state=self.outcome.state,
            cause=self.outcome.cause,
            exit_code=self.outcome.exit_code,
            reason=self.outcome.reason,
            image=attempt.image,
            phases={phase: round(seconds, 3) for phase, seconds in self.phases.items()},
            usage=attempt.usage_in_all,
            metrics=attempt.metrics,
            artifacts=self.artifacts,
            checkpoints=self.checkpoints,
        )


def returned(reason: str) -> Report:
    """Return the report of an attempt that did not begin, and costs the run no retry."""
    return Report(Outcome(AttemptState.RETURNED, Cause.INFRA, reason))


def stopped(attempt: HeldAttempt, report: Report) -> Report:
    """Return the report of an attempt that ends because of an order."""
    if attempt.stop_order is not None:
        report.outcome = classify_stop(attempt.stop_order)
    return report
