"""Runs and attempts, as the public API takes and shows them."""

from datetime import datetime
from typing import Annotated, Any, Final

from pydantic import Field

from mlmon_shared.wire.deadlines import DeadlineOutlook
from mlmon_shared.wire.job_definitions import Resources
from mlmon_shared.wire.joins import EDGES_LIMIT, Join, JoinKind
from mlmon_shared.wire.models import StrictModel, WireModel
from mlmon_shared.wire.names import Labels, Name, RelativePath
from mlmon_shared.wire.states import (
    AttemptState,
    Cause,
    Condition,
    Lane,
    Missing,
    RunState,
    UpstreamFailure,
)

DETAIL_LIMIT: Final = 200
"""Characters of what an attempt does within its phase."""


class RunDependency(StrictModel):
    """An edge to a run that exists already."""

    run: str
    when: Condition = Condition.SUCCEEDED


class PriorityChange(StrictModel):
    """Another priority for what waits; one point is worth one minute of waiting."""

    priority: Annotated[int, Field(ge=0, le=1000)]


class RunSubmission(StrictModel):
    """A request for one run.

    Attributes:
        version: Of the job definition; the newest when left out.
        params: Checked against the definition's `parameters`; its defaults are filled in.
        priority: 0 to 1000, one point worth one minute of waiting; the definition's when left out.
        lane: The definition's when left out.
        join: How many dependencies must be met; the definition's when left out.
        on_upstream_failure: What happens once so many never will be; the definition's when
            left out.
        not_before: The run stays `delayed` until then.
        start_by: A run that has not started by then expires; goes before the definition's
            `timeouts.start`.
        deadline: By then it shall have ended; goes before the definition's `deadline`.
    """

    job: Name
    client: Name
    version: Annotated[int, Field(ge=1)] | None = None
    params: dict[str, Any] = {}
    priority: Annotated[int, Field(ge=0, le=1000)] | None = None
    lane: Lane | None = None
    depends_on: Annotated[list[RunDependency], Field(max_length=EDGES_LIMIT)] = []
    join: Join | None = None
    on_upstream_failure: UpstreamFailure | None = None
    not_before: datetime | None = None
    start_by: datetime | None = None
    deadline: datetime | None = None
    labels: Labels = {}


class DependencyDocument(WireModel):
    """What a run waits or waited for: one run, or a share of a job's runs in its batch.

    Attributes:
        run: The upstream run, for a plain edge. A definition's dependency on the client's
            newest run of a job has none while the next one is awaited, or if none was.
        within: Of such a dependency, in seconds.
        missing: Of such a dependency.
        outcome: In a re-run: how the upstream run, which was not run again, had ended.
        group: The fan-in group, otherwise.
        expected: How many runs the group has.
    """

    job: str
    when: Condition = Condition.SUCCEEDED
    run: str | None = None
    within: float | None = None
    missing: Missing | None = None
    outcome: RunState | None = None
    group: str | None = None
    percent: float | None = None
    expected: int | None = None

    @property
    def is_lookup(self) -> bool:
        """Whether it is to be resolved, or was, by the job and client alone."""
        return self.missing is not None


class ArtifactDocument(WireModel):
    """A published file of a run.

    Attributes:
        path: As the definition's `outputs` names it.
        size: Bytes.
        sha256: Lower-case hexadecimal.
    """

    path: RelativePath
    kind: str = "file"
    size: int
    sha256: str


class CheckpointDocument(ArtifactDocument):
    """A file that an attempt left for the next one of its run.

    Attributes:
        attempt: Number of the attempt.
    """

    attempt: int


class Usage(WireModel):
    """What an attempt used; None where nobody can tell.

    Attributes:
        peak_memory: Bytes that were resident at once, at most.
        mean_memory: The same, over its time.
        cpu_seconds: Core-seconds of processor time.
        peak_cpu: Cores, in its busiest second.
        mean_cpu: Cores, over its time.
        peak_disk: Bytes of scratch space that it took at most, as far as that was measured.
        disk_read: Bytes from block devices.
        disk_written: Bytes to them.
        network_received: Bytes; of a network of its own.
        network_sent: Likewise.
        mean_gpu: Share of its time in which its GPUs computed, 0 to 1.
        peak_gpu_memory: Bytes in use on all of its GPUs at once, at most.
        log_bytes: Written to standard output and error.
    """

    peak_memory: int | None = None
    mean_memory: int | None = None
    cpu_seconds: float | None = None
    peak_cpu: float | None = None
    mean_cpu: float | None = None
    peak_disk: int | None = None
    disk_read: int | None = None
    disk_written: int | None = None
    network_received: int | None = None
    network_sent: int | None = None
    mean_gpu: float | None = None
    peak_gpu_memory: int | None = None
    log_bytes: int | None = None


class AttemptDocument(WireModel):
    """One try of a run.

    Attributes:
        id: `<run>.<number>`.
        agent: The agent's id.
        image: What it ran: `<repository>@sha256:…` of an image that came from a registry, else
            the engine's own id, `sha256:…`; none as a plain process.
        detail: What it does within its phase, such as how far the pull of its image is.
        phases: Seconds that each finished phase took.
        progress: 0 to 1, as the command last printed it.
    """

    id: str
    number: int
    state: AttemptState
    agent: str
    host: str
    pool: str
    fence: str
    granted_at: datetime
    accepted_at: datetime | None = None
    finished_at: datetime | None = None
    cause: Cause | None = None
    exit_code: int | None = None
    reason: str | None = None
    image: str | None = None
    detail: str | None = None
    phases: dict[str, float] = {}
    progress: float | None = None
    usage: Usage = Usage()


class RunDocument(WireModel):
    """A run, the same document while it is live and once it is final.

    Attributes:
        key: The item's key in its batch.
        reason: One sentence: why it waits, or why it ended as it did.
        queued_at: When it last became ready.
        start_by: When it expires, if it has not started by then.
        deadline: By when it shall have ended.
        deadline_outlook: Whether it is expected to. `tight`: little time is left, so it goes in
            lane `high` at least; `late`: too little.
        started_at: When its first attempt was accepted.
        queue_seconds: From ready to the last attempt's grant, or to now while it is queued.
        run_seconds: From the last attempt's acceptance to its end, or to now while it runs.
        attempt: Number of the newest attempt, 0 before the first.
        resources: What the newest attempt asked for, or the next one asks for.
        avoid: Hosts on which it failed for causes that are not the command's, the newest last.
        progress: 0 to 1, of the newest attempt.
        slot: The moment of its schedule that it stands for.
        slot_date: The day of that moment in the schedule's zone, as `2026-01-05`.
        backfill: Id of the backfill that started it.
        rerun_of: The run that this one repeats.
        metrics: The last value of each metric that the command printed or its metrics file holds.
        rv: Grows with every change of the run.
        is_durable: Whether the state shown is also in history already.
    """

    id: str
    job: str
    version: int
    client: str
    state: RunState
    batch: str | None = None
    key: str | None = None
    reason: str | None = None
    cause: Cause | None = None
    exit_code: int | None = None
    lane: Lane = Lane.NORMAL
    priority: int
    labels: dict[str, str] = {}
    params: dict[str, Any] = {}
    image: str
    resources: Resources
    pools: list[str] = []
    avoid: list[str] = []
    depends_on: list[DependencyDocument] = []
    join: Join = JoinKind.ALL
    on_upstream_failure: UpstreamFailure = UpstreamFailure.SKIP
    created_at: datetime
    queued_at: datetime | None = None
    not_before: datetime | None = None
    start_by: datetime | None = None
    deadline: datetime | None = None
    deadline_outlook: DeadlineOutlook | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    queue_seconds: float | None = None
    run_seconds: float | None = None
    attempt: int = 0
    attempts: list[AttemptDocument] = []
    progress: float | None = None
    metrics: dict[str, float] = {}
    artifacts: list[ArtifactDocument] = []
    checkpoints: list[CheckpointDocument] = []
    submitted_by: str | None = None
    slot: datetime | None = None
    slot_date: str | None = None
    backfill: str | None = None
    rerun_of: str | None = None
    rv: int
    is_durable: bool = False


class RunPage(WireModel):
    """A page of runs, newest first (in a batch: in the order of submission)."""

    items: list[RunDocument]
    next_cursor: str | None = None


class ArtifactPage(WireModel):
    """Every artifact that a run published."""

    items: list[ArtifactDocument]
