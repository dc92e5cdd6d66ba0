"""What runs of a job cost, from how long the last ones took."""

from typing import Final, Protocol

from mlmon_shared.errors import MlmonError
from mlmon_shared.wire.history import HistoryPage
from mlmon_shared.wire.plans import DefinitionPlan
from mlmon_shared.wire.states import RunState

_RUNS: Final = 100
_HOUR: Final = 3600.0


class RunHistory(Protocol):
    """Runs that there were; its errors are passed on."""

    async def list_runs(
        self, *, job: str | None = None, state: str | None = None, limit: int = 50
    ) -> HistoryPage:
        """Return a page of runs, newest first."""


async def add_costs(plan: DefinitionPlan, job: str, history: RunHistory | None) -> DefinitionPlan:
    """Return the plan with how long runs of the job take, and what that costs.

    Args:
        plan: Of a definition, with what an hour of a run costs.
        job: Its name.
        history: None where config-api was not told who has it.

    Returns:
        The plan as it was, with a reason, where it is not known.
    """
    if history is None:
        return _without(plan, "config-api has no MLMON_CONFIG_API_REPORT_WRITER_URL")
    try:
        page = await history.list_runs(job=job, state=RunState.SUCCEEDED, limit=_RUNS)
    except MlmonError as error:
        return _without(plan, f"history does not answer: {error.detail}")
    seconds = [run.run_seconds for run in page.items if run.run_seconds is not None]
    if not seconds:
        return _without(plan, "no run of this job has succeeded yet")
    mean = sum(seconds) / len(seconds)
    measured = {"run_seconds": round(mean, 3), "measured_runs": len(seconds)}
    if plan.cost_per_hour is None:
        return _without(plan.model_copy(update=measured), "no pool that it fits has a price")
    cost = round(plan.cost_per_hour * mean / _HOUR, 6)
    return plan.model_copy(update={**measured, "cost_per_run": cost})


def _without(plan: DefinitionPlan, reason: str) -> DefinitionPlan:
    return plan.model_copy(update={"cost_unknown": reason})
