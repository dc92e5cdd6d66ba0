"""Why a run is where it is, what it waits for, and when it is expected to start and end."""

from datetime import datetime
from enum import StrEnum

from mlmon_shared.wire.deadlines import DeadlineOutlook
from mlmon_shared.wire.models import WireModel
from mlmon_shared.wire.states import RunState


class HindranceKind(StrEnum):
    """What can keep a run from starting."""

    DEPENDENCY = "dependency"
    TIME = "time"
    HELD = "held"
    GATE = "gate"
    QUOTA = "quota"
    PAUSED = "paused"
    AGENTS = "agents"
    ROOM = "room"
    AVOIDED_HOST = "avoided_host"
    ORDER = "order"


class Hindrance(WireModel):
    """One thing that keeps the run from starting.

    Attributes:
        detail: One sentence, with what can be done about it where something can.
        run: The run that is waited for.
        gate: The gate that is full: `job:<job>`, `client:<client>:<job>`, `resource:<name>`.
    """

    kind: HindranceKind
    detail: str
    run: str | None = None
    gate: str | None = None


class Forecast(WireModel):
    """When something is expected: half of the times before `p50`, nine of ten before `p90`."""

    p50: datetime
    p90: datetime


class DeadlineExplanation(WireModel):
    """What is expected of a run that shall have ended by some time.

    Attributes:
        slack_seconds: To spare, if it and what it waits for go on at once; negative: it will be
            late.
        detail: One sentence.
    """

    deadline: datetime
    outlook: DeadlineOutlook
    slack_seconds: float
    detail: str


class Explanation(WireModel):
    """Everything that holds a run, at one moment.

    Attributes:
        summary: One sentence.
        hindrances: What keeps it from starting; empty once it has started.
        place: How many-th it is where it waits: among queued runs of its lane and pools, or
            at the gate that it is parked at; None elsewhere.
        starts: None when it has started, or nothing says when it will.
        ends: None when nothing says when it will.
        deadline: What is expected of a run that has one and is not final.
        measured_runs: Successful runs of the job that the forecast rests on; 0: a guess.
    """

    run: str
    state: RunState
    summary: str
    hindrances: list[Hindrance] = []
    place: int | None = None
    starts: Forecast | None = None
    ends: Forecast | None = None
    deadline: DeadlineExplanation | None = None
    measured_runs: int = 0
    as_of: datetime
