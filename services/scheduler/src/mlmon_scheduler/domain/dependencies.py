"""Checks of what one run waits for."""

from collections.abc import Iterable

from mlmon_shared.wire.joins import EDGES_LIMIT, Join, NumberOf
from mlmon_shared.wire.runs import DependencyDocument
from mlmon_shared.wire.states import Condition, RunState


def is_met(condition: Condition, outcome: RunState) -> bool:
    """Tell whether a run that ended so meets the condition."""
    if condition is Condition.FINISHED:
        return True
    return outcome == condition.value


def explain_unmet(link: DependencyDocument) -> str:
    """Return why a dependency whose outcome is known is not met, or an empty text."""
    if link.outcome is None or is_met(link.when, link.outcome):
        return ""
    passive = {RunState.CANCELLED, RunState.SKIPPED}
    outcome = f"was {link.outcome}" if link.outcome in passive else link.outcome
    return f"Its dependency {link.job} (run {link.run}) {outcome}."


def explain_fan_in(job: str, upstream: str) -> str:
    """Return the sentence for a fan-in that has nothing to fan in over."""
    return f"{job} fans in over the runs of {upstream} in its batch; submit it in a batch with them"


def find_repeats(targets: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    """Return a fault for each edge whose target stands further up already.

    Args:
        targets: JSON pointer and target of each edge.
    """
    seen: set[str] = set()
    faults = []
    for pointer, target in targets:
        if target in seen:
            faults.append({"pointer": pointer, "detail": f'"{target}" stands twice; leave one out'})
        seen.add(target)
    return faults


def find_join_faults(
    join: Join, edges: int, *, is_of_job: bool, at: str = ""
) -> list[dict[str, str]]:
    """Return faults of a join that so many dependencies could never meet.

    Args:
        join: What the run has.
        edges: How many dependencies the run has in all.
        is_of_job: Whether the join stands in the definition, not in the submission.
        at: JSON pointer of the run in the request.
    """
    if edges > EDGES_LIMIT:
        detail = f"the run would wait on {edges} others; a run may have {EDGES_LIMIT} dependencies"
        return [{"pointer": f"{at}/depends_on", "detail": detail}]
    if isinstance(join, NumberOf) and join.n_of > edges:
        has = "1 dependency" if edges == 1 else f"{edges} dependencies"
        detail = f"n_of: {join.n_of} can never be met: the run has {has}"
        return [{"pointer": f"{at}/job" if is_of_job else f"{at}/join", "detail": detail}]
    return []
