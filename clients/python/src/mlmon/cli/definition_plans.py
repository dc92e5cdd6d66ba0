"""What `mlmon apply` tells about a job definition beside what changed."""

from collections.abc import Iterator, Sequence
from typing import Final

from mlmon.cli.problems import complain
from mlmon.cli.texts import duration
from mlmon_shared.wire.catalog import ApplyResult
from mlmon_shared.wire.plans import DefinitionPlan
from mlmon_shared.wire.schedules import SlotTime

_SLOTS_IN_LINE: Final = 2
_REMOVED: Final = "schedule: removed; the job no longer runs by itself"


def plan_lines(plan: DefinitionPlan) -> Iterator[str]:
    """Yield one fact of a plan a line."""
    for pool in plan.pools:
        fit = ", ".join(["fits", pool.detail] if pool.detail else ["fits"])
        yield f"pool {pool.pool}: {fit if pool.fits else pool.detail}"
    if plan.dependants:
        yield f"dependants: {', '.join(plan.dependants)}"
    for each in plan.dependant_schedules:
        paused = ", paused" if each.is_paused else ""
        yield f"schedule of dependant {each.job}: {each.cron} in {each.timezone}{paused}"
    if plan.pinned_clients:
        pinned = _counted(plan.pinned_clients, plan.pinned_names)
        yield f"pinned clients, which keep their version: {pinned}"
    yield from _schedule_lines(plan)
    if plan.run_seconds is not None:
        measured = "1 run" if plan.measured_runs == 1 else f"{plan.measured_runs} runs"
        yield f"a run takes {duration(plan.run_seconds)}, as {measured} took"
    if plan.cost_per_run is not None:
        slot = f", a slot {plan.cost_per_run * plan.scheduled_clients:.4g}"
        yield f"a run costs {plan.cost_per_run:.4g}{slot if plan.scheduled_clients else ''}"
    else:
        yield f"cost unknown: {plan.cost_unknown}"
    if plan.canary_clients:
        yield f"clients in the canary: {_counted(plan.canary_clients, plan.canary_names)}"


def archive_lines(plan: DefinitionPlan | None) -> Iterator[str]:
    """Yield what archiving a job concerns, one fact a line."""
    if plan is not None and plan.removes_schedule:
        yield _REMOVED


def _schedule_lines(plan: DefinitionPlan) -> Iterator[str]:
    if plan.removes_schedule:
        yield _REMOVED
    if not plan.next_slots:
        return
    clients = _counted(plan.scheduled_clients, plan.scheduled_names)
    yield f"schedule: clients {clients}; next in UTC (and in its zone):"
    for begin in range(0, len(plan.next_slots), _SLOTS_IN_LINE):
        slots = plan.next_slots[begin : begin + _SLOTS_IN_LINE]
        yield f"  {', '.join(_both_zones(slot) for slot in slots)}"


def _both_zones(slot: SlotTime) -> str:
    """Return `Sun 2026-03-29 01:00 (02:00 +0100)`, with the day there if it is another one."""
    there = "%H:%M %z" if slot.local.date() == slot.at.date() else "%a %m-%d %H:%M %z"
    return f"{slot.at.strftime('%a %Y-%m-%d %H:%M')} ({slot.local.strftime(there)})"


def _counted(count: int, names: Sequence[str]) -> str:
    """Return `3 (a, b, c)`, or with how many more there are than names."""
    more = f" and {count - len(names)} more" if count > len(names) else ""
    return f"{count} ({', '.join(names)}{more})" if names else str(count)


def tell_warnings(result: ApplyResult) -> None:
    """Write each warning of a result on stderr."""
    for warning in result.warnings:
        complain(f"warning: {result.name}#{warning.pointer}: {warning.detail}")
