"""What runs of a job cost, from how long the last ones took."""

from collections.abc import Sequence
from typing import Final, Protocol

from mlmon_shared.errors import MlmonError
from mlmon_shared.wire.catalog import ApplyResult
from mlmon_shared.wire.history import HistoryPage
from mlmon_shared.wire.plans import DefinitionPlan
from mlmon_shared.wire.states import RunState

_RUNS: Final = 100
_HOUR: Final = 3600.0
_NO_HISTORY: Final = "config-api has no MLMON_CONFIG_API_REPORT_WRITER_URL"


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
        return _without(plan, _NO_HISTORY)
    try:
        return await _add_measured(plan, job, history)
    except MlmonError as error:
        return _without(plan, _explain(error))


async def add_all_costs(
    results: Sequence[ApplyResult], history: RunHistory | None
) -> list[ApplyResult]:
    """Return the results, those with a plan with what `add_costs` adds to it.

    History that fails once is not asked again, so that nobody waits for it as often as
    there are jobs.
    """
    told, problem = [], "" if history is not None else _NO_HISTORY
    for each in results:
        plan = each.plan
        if plan is not None and history is not None and not problem:
            try:
                plan = await _add_measured(plan, each.name, history)
            except MlmonError as error:
                problem = _explain(error)
        if plan is not None and problem:
            plan = _without(plan, problem)
        told.append(each.model_copy(update={"plan": plan}))
    return told


async def _add_measured(plan: DefinitionPlan, job: str, history: RunHistory) -> DefinitionPlan:
    page = await history.list_runs(job=job, state=RunState.SUCCEEDED, limit=_RUNS)
    seconds = [run.run_seconds for run in page.items if run.run_seconds is not None]
    if not seconds:
        return _without(plan, "no run of this job has succeeded yet")
    mean = sum(seconds) / len(seconds)
    measured = {"run_seconds": round(mean, 3), "measured_runs": len(seconds)}
    if plan.cost_per_hour is None:
        return _without(plan.model_copy(update=measured), "no pool that it fits has a price")
    cost = round(plan.cost_per_hour * mean / _HOUR, 6)
    return plan.model_copy(update={**measured, "cost_per_run": cost})


def _explain(error: MlmonError) -> str:
    return f"history does not answer: {error.detail}"


def _without(plan: DefinitionPlan, reason: str) -> DefinitionPlan:
    return plan.model_copy(update={"cost_unknown": reason})
