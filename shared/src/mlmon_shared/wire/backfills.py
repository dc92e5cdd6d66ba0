"""Backfills: slots of the past, made up for as one thing."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from mlmon_shared.wire.models import StrictModel, WireModel
from mlmon_shared.wire.names import Name
from mlmon_shared.wire.schedules import ClientSelector, Schedule
from mlmon_shared.wire.states import Lane, RunState

SLOTS_LIMIT = 10_000
RUNS_LIMIT = 1_000_000


class BackfillRequest(StrictModel):
    """A request to run a job for slots of its schedule that lie in the past.

    Attributes:
        job: It has a schedule, which says the slots.
        since: The first slot is this moment's, or the next.
        until: The last slot lies before this moment.
        clients: Those of the schedule when left out.
        lane: Its runs go in it.
        max_active: A further slot begins once fewer of its runs than this are not final.
    """

    job: Name
    since: datetime
    until: datetime
    clients: ClientSelector | None = None
    lane: Lane = Lane.BACKFILL
    max_active: Annotated[int, Field(ge=1, le=100_000)] = 100


class BackfillState(StrEnum):
    """How far a backfill is. A finished one has ended, whatever became of its runs."""

    RUNNING = "running"
    PAUSED = "paused"
    CANCELLED = "cancelled"
    FINISHED = "finished"


class BackfillPlan(WireModel):
    """What a backfill comes to.

    Attributes:
        slots: How many.
        clients: How many are selected now; each has a run in every slot.
        hours: Of attempts, all together, as measured runs of the job took; None when none was
            measured.
        measured_runs: Successful runs that this rests on.
        cost: Of these hours, in the first pool that the job fits and that has a price; None when
            there is none, or no run was measured.
    """

    job: str
    slots: int
    first: datetime | None = None
    last: datetime | None = None
    clients: int
    runs: int
    hours: float | None = None
    measured_runs: int = 0
    cost: float | None = None


class SkippedRun(WireModel):
    """A slot's run for a client that was not started, because it would have been refused."""

    slot: datetime
    client: str
    reason: str


class BackfillDocument(WireModel):
    """A backfill.

    Attributes:
        schedule: As it was when the backfill was started; a later change changes no slot.
        plan: What it came to when it was started.
        config_revision: Of the configuration by which it was planned.
        slots_started: How many slots have become batches.
        batches: Those of them that are not finished yet.
        counts: Runs of finished and unfinished batches, by state.
        skipped: The last of the runs that were not started.
        skipped_count: How many there are.
    """

    id: str
    request: BackfillRequest
    schedule: Schedule
    plan: BackfillPlan
    config_revision: int = 0
    state: BackfillState
    slots_started: int = 0
    batches: list[str] = []
    counts: dict[RunState, int] = {}
    skipped: list[SkippedRun] = []
    skipped_count: int = 0
    created_at: datetime
    submitted_by: str


class BackfillPage(WireModel):
    """The last backfills, the newest first."""

    items: list[BackfillDocument]
