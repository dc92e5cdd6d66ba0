"""What is told beside the diff when a job definition is saved, or would be."""

from typing import Final

from mlmon_shared.wire.models import WireModel
from mlmon_shared.wire.schedules import SlotTime

NAMES_SHOWN: Final = 10
"""Of the clients that a plan counts."""


class DefinitionWarning(WireModel):
    """Something that is allowed, and may surprise; it never keeps a document from being saved.

    Attributes:
        pointer: JSON pointer into the document.
    """

    pointer: str
    detail: str


class PoolFit(WireModel):
    """Whether a pool can ever have a run of the job.

    Attributes:
        detail: Why not; or, if it takes the runs of some of the job's clients only, of how many.
    """

    pool: str
    fits: bool
    detail: str = ""


class DependantSchedule(WireModel):
    """When a job runs by itself that depends on the changed one."""

    job: str
    cron: str
    timezone: str
    is_paused: bool = False


class DefinitionPlan(WireModel):
    """What saving a definition would concern.

    Attributes:
        pools: Those that the job may run in, in its order of preference.
        dependants: Other jobs that depend on this one or take its artifacts, by name.
        dependant_schedules: Of the dependants that have one, by job.
        pinned_clients: How many clients are pinned to a version of the job, and keep it.
        pinned_names: The first ten of them, by name.
        next_slots: Of its schedule, the next 20.
        removes_schedule: The job runs by itself now, and would no longer.
        scheduled_clients: How many clients the schedule selects now.
        scheduled_names: The first ten of them, by name.
        canary_clients: How many clients are in the canary that would begin, or is in progress.
        canary_names: The first ten of them, by name.
        cost_per_hour: Of a run: its share of a host of the first pool that it fits and that has a
            price.
        run_seconds: How long the newest successful runs took, on average.
        measured_runs: How many these are, at most 100.
        cost_per_run: What such a run costs.
        cost_unknown: Why that is not known, empty when it is.
    """

    pools: list[PoolFit]
    dependants: list[str]
    dependant_schedules: list[DependantSchedule] = []
    pinned_clients: int = 0
    pinned_names: list[str] = []
    canary_clients: int = 0
    canary_names: list[str] = []
    next_slots: list[SlotTime] = []
    removes_schedule: bool = False
    scheduled_clients: int = 0
    scheduled_names: list[str] = []
    cost_per_hour: float | None = None
    run_seconds: float | None = None
    measured_runs: int = 0
    cost_per_run: float | None = None
    cost_unknown: str = ""
