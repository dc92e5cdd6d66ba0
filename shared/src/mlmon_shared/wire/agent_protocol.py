"""The agent protocol, version 1 (`/agent/v1`, header `MLMon-Protocol: 1`).

Every message about an attempt carries the fence of its lease; a stale one is answered
`stale-fence`. Delivery is at least once: each message may be repeated.
"""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Final

from pydantic import Field

from mlmon_shared.wire.agent_releases import UPDATE_FAULT_LIMIT, AgentRelease
from mlmon_shared.wire.images import MARKS_LIMIT, ImageMark, ImageName
from mlmon_shared.wire.job_definitions import ContainerOptions, Resources, Retries, Timeouts
from mlmon_shared.wire.models import WireModel
from mlmon_shared.wire.names import Name
from mlmon_shared.wire.outputs import Output
from mlmon_shared.wire.runs import DETAIL_LIMIT, ArtifactDocument, Usage
from mlmon_shared.wire.states import AttemptState, Cause, NetworkPolicy, RunState

PROTOCOL_HEADER: Final = "MLMon-Protocol"
PROTOCOL_VERSION: Final = "1"
Seconds = Annotated[float, Field(ge=0, le=10 * 366 * 86_400)]
"""A duration, of ten years at most: what is beyond is no measurement."""

GpuFaults = Annotated[
    dict[Annotated[str, Field(max_length=100)], Annotated[str, Field(max_length=1000)]],
    Field(max_length=64),
]
"""What is wrong with GPUs of one host, by their UUID."""
REFUSAL_LIMIT: Final = 1000
"""Characters of why an agent takes no attempts."""


class Vector(WireModel):
    """Resources in the scheduler's units: thousandths of a core, bytes, whole GPUs, bytes."""

    cpu_milli: int = 0
    memory: int = 0
    gpus: int = 0
    disk: int = 0

    @classmethod
    def of(cls, resources: Resources) -> "Vector":
        """Convert what a definition or a pool says; thousandths of a core are rounded up."""
        return cls(
            cpu_milli=-int(-resources.cpu * 1000 // 1),
            memory=resources.memory,
            gpus=resources.gpus,
            disk=resources.disk,
        )

    def fits_into(self, other: "Vector") -> bool:
        """Tell whether every component is at most the other's."""
        return (
            self.cpu_milli <= other.cpu_milli
            and self.memory <= other.memory
            and self.gpus <= other.gpus
            and self.disk <= other.disk
        )

    def plus(self, other: "Vector") -> "Vector":
        """Return the componentwise sum."""
        return Vector(
            cpu_milli=self.cpu_milli + other.cpu_milli,
            memory=self.memory + other.memory,
            gpus=self.gpus + other.gpus,
            disk=self.disk + other.disk,
        )

    def minus(self, other: "Vector") -> "Vector":
        """Return the componentwise difference."""
        return Vector(
            cpu_milli=self.cpu_milli - other.cpu_milli,
            memory=self.memory - other.memory,
            gpus=self.gpus - other.gpus,
            disk=self.disk - other.disk,
        )


class Poll(WireModel):
    """`POST /poll`: the same `poll_seq` again returns the same grants.

    Attributes:
        free: What is not held by attempts; grants fit into it.
        images: Marks (`image_mark`) of images on the host; they choose among equal runs.
        maximum: Of grants in the answer; 0 waits for directives only.
        timeout_seconds: How long to keep the poll parked, at most the server's own limit.
    """

    session: str
    poll_seq: int
    free: Vector
    images: Annotated[list[ImageMark], Field(max_length=MARKS_LIMIT)] = []
    maximum: int = Field(ge=0, le=16)
    timeout_seconds: float = 25.0


class Grant(WireModel):
    """The lease of one attempt: accept it by `accept_by`, or it goes back to the queue.

    Attributes:
        granted_at: By the scheduler's clock; an earlier watermark says that history does not
            know of the grant yet.
        stop_after_seconds: After how long without contact the agent ends the attempt.
        young_stop_after_seconds: The same, while history may not know of the grant.
    """

    run_id: str
    attempt: int
    fence: str
    resources: Vector
    accept_by: datetime
    granted_at: datetime | None = None
    stop_after_seconds: float
    young_stop_after_seconds: float = 60.0
    kill_grace_seconds: float


class DirectiveKind(StrEnum):
    """`cancel` ends an attempt with grace; `kill` removes what should not be there at all."""

    CANCEL = "cancel"
    KILL = "kill"


class Directive(WireModel):
    """An order about one attempt; repeated until the attempt is no longer held."""

    kind: DirectiveKind
    run_id: str
    attempt: int
    fence: str
    reason: str = ""


class PollAnswer(WireModel):
    """Grants and directives; both may be empty when the time was up."""

    grants: list[Grant] = []
    directives: list[Directive] = []


class Held(WireModel):
    """One attempt that the agent holds, in a beat.

    Attributes:
        granted_at: As its grant said.
        detail: What it does within its phase, in a few words; empty when there is nothing to say.
        image: What it runs, once that is known; empty as a plain process.
    """

    run_id: str
    attempt: int
    fence: str
    phase: AttemptState
    granted_at: datetime | None = None
    detail: Annotated[str, Field(max_length=DETAIL_LIMIT)] = ""
    image: ImageName = ""
    progress: float | None = None
    metrics: dict[str, float] = {}
    usage: Usage = Usage()


class Beat(WireModel):
    """`POST /beat`: all that is held.

    Attributes:
        is_draining: The agent takes no new attempt.
        gpu_faults: Why devices of the host are given to no attempt, by their UUID.
        refusal: Why the agent takes no new attempt for now; empty if it does.
        update_fault: Why it is not the release that its pool names; empty if it is, if there is
            none, or while it is being fetched.
    """

    session: str
    held: list[Held]
    is_draining: bool = False
    gpu_faults: GpuFaults = {}
    refusal: Annotated[str, Field(max_length=REFUSAL_LIMIT)] = ""
    update_fault: Annotated[str, Field(max_length=UPDATE_FAULT_LIMIT)] = ""


class BeatAnswer(WireModel):
    """Orders, and how far history has got.

    Attributes:
        epoch: Of the scheduler's state; 0 while that is being recovered. An agent that hears
            of a new one synchronises.
        durable_watermark: The newest event of `epoch` that is in history; the agent may
            forget finals at or below it.
        agent_release: What the agent brings itself to; None where it stays as it is.
    """

    directives: list[Directive] = []
    epoch: int
    durable_watermark: str
    next_beat_seconds: float
    agent_release: AgentRelease | None = None


class TransferGrant(WireModel):
    """The right to upload or download one file, without further authentication."""

    method: str
    url: str
    headers: dict[str, str] = {}
    expires_at: datetime


class InputFile(WireModel):
    """One file to put under the input folder before the command starts.

    One from elsewhere has a `source`, as the definition has it, filled in. Of an object of S3 there
    is an `etag`. With `is_web` the URL is of somebody else, and the agent checks where it leads;
    nobody has looked at the size then, and without `sha256` the content may be any.
    """

    target: str
    size: int | None
    sha256: str | None
    download: TransferGrant
    source: str = ""
    etag: str = ""
    is_web: bool = False


class OutputFile(WireModel):
    """One file to upload at the end; by `wire.uploads` where no grant comes with it."""

    output: Output
    upload: TransferGrant | None


class Accept(WireModel):
    """`POST /runs/{id}/accept`: the agent journaled the grant and wants to start."""

    session: str
    attempt: int
    fence: str


class AttemptSpec(WireModel):
    """All that an agent needs to run an attempt; templates are filled in.

    Attributes:
        network: Of the agent's pool.
        secrets: By the name of their file; never written to disk, nor shown.
        token: The attempt's own, for its command; refused once the lease has ended.
    """

    run_id: str
    attempt: int
    fence: str
    job: str
    version: int
    client: str
    image: str
    command: list[str]
    environment: dict[str, str]
    params: dict[str, object]
    resources: Resources
    container: ContainerOptions = ContainerOptions()
    timeouts: Timeouts
    retries: Retries
    inputs: list[InputFile]
    outputs: list[OutputFile]
    network: NetworkPolicy = NetworkPolicy.NONE
    secrets: Annotated[dict[Name, str], Field(repr=False)] = {}
    token: Annotated[str, Field(repr=False)] = ""

    def without_secrets(self) -> "AttemptSpec":
        """Return what may be kept."""
        return self.model_copy(update={"secrets": {}})


class Result(WireModel):
    """How an attempt ended.

    Attributes:
        event_id: Made by the agent, the same when the result is sent again.
        state: A final attempt state; `returned` costs the run no retry.
        reason: One sentence for a data scientist.
        image: What it ran, as far as it got that far.
        phases: Seconds of `prepare`, `run`, `finish`.
        artifacts: What was uploaded: published if, and only if, this success is accepted.
        checkpoints: What was uploaded for the run's next attempt; of no success.
    """

    run_id: str
    attempt: int
    fence: str
    event_id: str
    state: AttemptState
    cause: Cause | None = None
    exit_code: int | None = None
    reason: str = ""
    image: ImageName = ""
    phases: dict[str, Seconds] = {}
    usage: Usage = Usage()
    metrics: dict[str, float] = {}
    artifacts: list[ArtifactDocument] = []
    checkpoints: Annotated[list[ArtifactDocument], Field(max_length=200)] = []


class Results(WireModel):
    """`POST /results`."""

    session: str
    results: list[Result] = Field(max_length=100)


class ResultAnswer(WireModel):
    """What became of one result.

    Attributes:
        status: `accepted` (also when it was accepted before), `stale-fence` or `not-accepted`.
        run_state: The run's state afterwards.
        position: The stream position of the event; history has it once the durable
            watermark is at or past it.
    """

    run_id: str
    attempt: int
    fence: str
    status: str
    run_state: RunState | None = None
    position: str = ""
    detail: str = ""


class ResultsAnswer(WireModel):
    """One answer per result, in the same order.

    Attributes:
        epoch: In which they were given, so that their positions can be compared; 0 is unsaid.
    """

    answers: list[ResultAnswer]
    epoch: int = 0


class Sync(WireModel):
    """`POST /sync`: everything held and every final journaled, after a restart or a recovery."""

    session: str
    held: list[Held]
    results: list[Result] = []


class SyncAnswer(WireModel):
    """What a beat and the results answered.

    Attributes:
        epoch: 0 when nothing but the sign of life was taken: synchronise again.
        adopted_at: Position of the newest event by which an attempt was adopted; until the
            watermark has passed it, history may not know of what is held.
    """

    directives: list[Directive] = []
    answers: list[ResultAnswer] = []
    epoch: int
    durable_watermark: str
    adopted_at: str = ""


class SessionRequest(WireModel):
    """`POST /drain` and `POST /deregister`."""

    session: str
