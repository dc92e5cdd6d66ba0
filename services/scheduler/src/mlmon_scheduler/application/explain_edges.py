"""Say in words what a blocked run waits for."""

import math
from collections.abc import Mapping, Sequence

from mlmon_scheduler.application.queue_facts import OpenEdge
from mlmon_shared.wire.explanations import Hindrance, HindranceKind

_GOALS = {"succeeded": "succeed", "failed": "fail", "finished": "end"}


def still_needed(fields: Mapping[str, str], open_edges: int) -> int:
    """Return how many of a blocked run's open dependencies have to be met.

    Args:
        fields: Of the run; `needed` and `met` where its join is another than `all`.
        open_edges: How many there are.
    """
    if not fields.get("needed"):
        return open_edges
    return int(fields["needed"]) - int(fields.get("met") or 0)


def summarise_edges(
    fields: Mapping[str, str], hindrances: Sequence[Hindrance], open_edges: int
) -> str:
    """Return one sentence of a blocked run: the first thing that it waits for, and how many more.

    Args:
        fields: Of the run.
        hindrances: One for each of the edges that were looked at.
        open_edges: How many there are.
    """
    first = hindrances[0].detail.rstrip(".") if hindrances else "It waits for its dependencies"
    first = first[:1].lower() + first[1:]
    needed = still_needed(fields, open_edges)
    if needed < open_edges:
        number = "one" if needed == 1 else str(needed)
        return f"Blocked: {number} of {open_edges} open dependencies will do; {first}."
    more = f", and for {open_edges - 1} more" if open_edges > 1 else ""
    return f"Blocked: {first}{more}."


def explain_edge(edge: OpenEdge, client: str) -> Hindrance:
    """Say what one edge waits for.

    Args:
        edge: That is open.
        client: Of the run that waits.
    """
    if edge.parent.startswith("g:"):
        return Hindrance(kind=HindranceKind.DEPENDENCY, detail=_explain_group(edge.fields))
    parent = edge.fields
    if edge.parent.startswith("a:") and not parent:
        job = edge.parent.split(":")[1]
        detail = f"It waits for the next run of {job} for {client}; none was submitted yet."
        return Hindrance(kind=HindranceKind.DEPENDENCY, detail=detail)
    run = parent.get("id", edge.parent)
    what = f"{parent['job']} of {parent['client']} (run {run})" if "job" in parent else f"run {run}"
    state = parent.get("state", "ending")
    goal = _GOALS.get(edge.condition, edge.condition)
    detail = f"It waits for {what}, which is {state} and has to {goal}."
    return Hindrance(kind=HindranceKind.DEPENDENCY, detail=detail, run=run)


def _explain_group(group: Mapping[str, str]) -> str:
    job, expected = group.get("job", "a job"), group.get("expected", "?")
    detail = f"It waits for the runs of {job} in its batch: {group.get('final', '0')} of {expected}"
    if "percent" not in group or not expected.isdecimal():
        return f"{detail} are final."
    needed = math.ceil(int(expected) * float(group["percent"]) / 100 - 1e-9)
    done = group.get("succeeded", "0")
    return (
        f"{detail} are final, {done} of them succeeded, and {needed} have to "
        f"({float(group['percent']):g} %)."
    )
