"""What is told beside the diff when a job definition is saved, or would be."""

from mlmon_shared.wire.models import WireModel
from mlmon_shared.wire.schedules import SlotTime


class DefinitionWarning(WireModel):
    """Something that is allowed, and may surprise; it never keeps a definition from being saved.

    Attributes:
        pointer: JSON pointer into the definition.
    """

    pointer: str
    detail: str


class PoolFit(WireModel):
    """Whether a run fits the largest host of a pool.

    Attributes:
        detail: What is lacking, empty when it fits.
    """

    pool: str
    fits: bool
    detail: str = ""


class DefinitionPlan(WireModel):
    """What saving a definition would concern.

    Attributes:
        pools: Those that the job may run in, in its order of preference.
        dependants: Other jobs that depend on this one or take its artifacts, by name.
        pinned_clients: How many clients are pinned to a version of the job, and keep it.
        next_slots: Of its schedule, the next 20.
        scheduled_clients: How many clients the schedule selects now.
        canary_clients: How many clients are in the canary that would begin, or is in progress.
        cost_per_hour: Of a run: its share of a host of the first pool that it fits and that has a
            price.
        run_seconds: How long the newest successful runs took, on average.
        measured_runs: How many these are, at most 100.
        cost_per_run: What such a run costs.
        cost_unknown: Why that is not known, empty when it is.
    """

    pools: list[PoolFit]
    dependants: list[str]
    pinned_clients: int = 0
    canary_clients: int = 0
    next_slots: list[SlotTime] = []
    scheduled_clients: int = 0
    cost_per_hour: float | None = None
    run_seconds: float | None = None
    measured_runs: int = 0
    cost_per_run: float | None = None
    cost_unknown: str = ""
