"""What `mlmon apply` tells about a job definition beside what changed."""

from collections.abc import Iterator

from mlmon.cli.problems import complain
from mlmon.cli.texts import duration, moment
from mlmon_shared.wire.catalog import ApplyResult
from mlmon_shared.wire.plans import DefinitionPlan


def plan_lines(plan: DefinitionPlan) -> Iterator[str]:
    """Yield one fact of a plan a line."""
    for pool in plan.pools:
        yield f"pool {pool.pool}: fits" if pool.fits else f"pool {pool.pool}: {pool.detail}"
    if plan.dependants:
        yield f"dependants: {', '.join(plan.dependants)}"
    if plan.pinned_clients:
        yield f"pinned clients, which keep their version: {plan.pinned_clients}"
    if plan.next_slots:
        first = plan.next_slots[0]
        yield (
            f"schedule: {plan.scheduled_clients} clients, first at {moment(first.at)} "
            f"({first.local.strftime('%a %H:%M %z')} there)"
        )
    if plan.run_seconds is not None:
        measured = "1 run" if plan.measured_runs == 1 else f"{plan.measured_runs} runs"
        yield f"a run takes {duration(plan.run_seconds)}, as {measured} took"
    if plan.cost_per_run is not None:
        slot = f", a slot {plan.cost_per_run * plan.scheduled_clients:.4g}"
        yield f"a run costs {plan.cost_per_run:.4g}{slot if plan.scheduled_clients else ''}"
    else:
        yield f"cost unknown: {plan.cost_unknown}"
    if plan.canary_clients:
        yield f"clients in the canary: {plan.canary_clients}"


def tell_warnings(result: ApplyResult) -> None:
    """Write each warning of a result on stderr."""
    for warning in result.warnings:
        complain(f"warning: {result.name}#{warning.pointer}: {warning.detail}")
