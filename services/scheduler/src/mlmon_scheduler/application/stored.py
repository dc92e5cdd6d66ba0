"""What the stores of runs and leases take and return."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from mlmon_scheduler.domain.attempt_limits import AttemptLimits
from mlmon_scheduler.domain.retries import Mark
from mlmon_shared.errors import NotAcceptedError, StaleFenceError
from mlmon_shared.wire.actions import Action
from mlmon_shared.wire.agent_protocol import Directive, Vector
from mlmon_shared.wire.states import Cause

EDGES_A_CALL: Final = 256
"""Edges that one call to the store carries."""


@dataclass(frozen=True)
class Lookup:
    """A dependency on the client's newest run of a job.

    Attributes:
        within_ms: How long ago it may have ended; None for any time.
        missing: What happens without one: `wait` for the next, `skip`, or `run`.
        slot_runs: Of a run that stands for a slot: the runs of the job that would stand for its
            newest slot not after that one, the best first; they need not exist.
    """

    job: str
    condition: str
    within_ms: int | None
    missing: str
    slot_runs: Sequence[str] = ()


@dataclass(frozen=True)
class NewRun:
    """A run to be created.

    Attributes:
        fields: As in `mlmon_shared.wire.records`, and the scheduler's own; all text.
        edges: Parents (run ids, or `g:<group>`) with their condition; at most `EDGES_A_CALL`.
        has_outside: Whether one of its edges leads to a run outside its batch.
        is_sealed: Whether these are all; else the rest is added from its `depends_on`.
        lookups: Jobs whose newest run for the same client it waits on.
        met: Further dependencies that are met already.
        unmet: Why another one never will be, or an empty text.
        groups: Fan-in groups that it is a member of.
        index: Its place in the batch.
    """

    id: str
    fields: Mapping[str, str]
    edges: Sequence[tuple[str, str]] = ()
    has_outside: bool = True
    is_sealed: bool = True
    lookups: Sequence[Lookup] = ()
    met: int = 0
    unmet: str = ""
    groups: Sequence[str] = ()
    index: int = 0


@dataclass(frozen=True)
class NewGroup:
    """A fan-in barrier: fires when all its runs are final, met when enough succeeded.

    Attributes:
        expected: How many runs it has.
        final: How many of them ended before it was made.
        succeeded: How many of those succeeded.
    """

    id: str
    job: str
    expected: int
    percent: float
    final: int = 0
    succeeded: int = 0


@dataclass(frozen=True)
class NewBatch:
    """A batch to be opened; its items are spooled already."""

    id: str
    fields: Mapping[str, str]
    groups: Sequence[NewGroup] = ()


@dataclass(frozen=True)
class LiveRun:
    """A run as Redis has it.

    Attributes:
        fields: Text; see `mlmon_shared.wire.records`.
        attempts: In order of their number.
    """

    fields: Mapping[str, str]
    attempts: Sequence[Mapping[str, str]] = ()


@dataclass(frozen=True)
class LiveBatch:
    """A batch as Redis has it."""

    fields: Mapping[str, str]
    counts: Mapping[str, int]


@dataclass(frozen=True)
class BatchChange:
    """What is to be done to all runs of a batch that wait.

    Attributes:
        action: `held`, `released` or `reprioritised`.
        by: Who asked for it.
        priority: The one to be, if that is changed.
        done: Runs in lower places are done.
    """

    action: Action
    by: str
    priority: int = 0
    done: int = 0

    @property
    def aspect(self) -> str:
        """What it changes: a later change of the same takes its place."""
        return "priority" if self.action is Action.REPRIORITISED else "hold"


@dataclass(frozen=True)
class LeasedRun:
    """One grant: a run, the number of its new attempt, its fence and what it may use."""

    run_id: str
    attempt: int
    fence: str
    vector: Vector


class Left(StrEnum):
    """What a call for work left in the queue.

    `UNREAD`: more than one call looks at; the next one goes on. `UNKNOWN`: the agent may take
    nothing now, so nothing was looked at. `REPLAYED`: the call was made before; these are its
    grants, less those that have ended since.
    """

    NOTHING = "nothing"
    UNREAD = "unread"
    SOMETHING = "something"
    UNKNOWN = "unknown"
    REPLAYED = "replayed"


@dataclass(frozen=True)
class Lease:
    """What a call for work got, and whether that was all there was."""

    runs: Sequence[LeasedRun]
    accept_by: datetime
    left: Left


@dataclass(frozen=True)
class Acceptance:
    """A grant that its agent accepts.

    Attributes:
        limits: What the server sees to; without them, the agent alone enforces them.
    """

    run_id: str
    attempt: int
    fence: str
    limits: AttemptLimits | None = None


@dataclass(frozen=True)
class AttemptEnding:
    """A decided end of an attempt.

    Attributes:
        rv: The run's version that the decision was made on.
        ready_at_ms: For a run that is delayed.
        attempt_fields: Text, written into the attempt.
        run_fields: Text, written into the run.
        published: Its artifacts as JSON, for a success that publishes.
        lost_agent: The agent whose deadline must have passed; None where the agent itself
            reports, or its loss is proven otherwise.
        speaks_against_host: Whether it counts among the failures of its agent's host.
        mark: What it says of the job's version.
        reporter: The agent that says so, whose attempt it must be; None where we say so.
    """

    run_id: str
    attempt: int
    fence: str
    rv: str
    attempt_state: str
    run_state: str
    ready_at_ms: int | None = None
    attempt_fields: Mapping[str, str] = field(default_factory=dict)
    run_fields: Mapping[str, str] = field(default_factory=dict)
    published: str = ""
    lost_agent: str | None = None
    speaks_against_host: bool = False
    mark: Mark = Mark.NOTHING
    reporter: str | None = None


@dataclass(frozen=True)
class OverdueAttempt:
    """An attempt beyond its limits, which its agent neither ended nor killed.

    Attributes:
        cause: `timeout` or `hung`.
        reason: One sentence.
    """

    run_id: str
    attempt: int
    fence: str
    cause: Cause
    reason: str


@dataclass(frozen=True)
class OpenBreaker:
    """The breaker of a version of a job whose attempts keep failing for infra causes."""

    job: str
    version: int
    reason: str
    opened_at: datetime


Refusal = StaleFenceError | NotAcceptedError
"""Why an ending is not taken, and never will be."""


@dataclass(frozen=True)
class Completion:
    """What became of an ending.

    Attributes:
        run_state: The run's state afterwards.
        position: Of the event in the stream.
        is_outdated: The run changed meanwhile: decide again.
    """

    run_state: str = ""
    position: str = ""
    is_outdated: bool = False


@dataclass(frozen=True)
class BeatOutcome:
    """Orders for the agent, and runs that it was thought to hold but does not."""

    directives: Sequence[Directive]
    not_held: Sequence[str] = ()


@dataclass(frozen=True)
class RestoredRun:
    """A run from history that is brought back.

    Attributes:
        fields: As history has them.
        attempts: In order of their number.
        groups: Fan-in groups that it is a member of.
        index: Its place in the batch.
    """

    id: str
    fields: Mapping[str, str]
    attempts: Sequence[Mapping[str, str]] = ()
    groups: Sequence[str] = ()
    index: int = 0


@dataclass(frozen=True)
class RestoredLease:
    """A run from history that an agent held.

    Attributes:
        attempt: Fields of the attempt that it held.
        shape: What it takes of the agent.
    """

    run: RestoredRun
    attempt: Mapping[str, str]
    shape: Vector


@dataclass(frozen=True)
class RestoredGroup:
    """A fan-in barrier that is brought back.

    Attributes:
        final: Members that are over, those included that were never enqueued.
        succeeded: How many of them succeeded.
    """

    id: str
    job: str
    expected: int
    percent: float
    final: int
    succeeded: int


@dataclass(frozen=True)
class RestoredBatch:
    """A batch from history that is brought back.

    Attributes:
        counts: Its final runs by state.
        open: Its runs that are not final.
    """

    id: str
    fields: Mapping[str, str]
    counts: Mapping[str, int]
    open: int
    groups: Sequence[RestoredGroup] = ()
