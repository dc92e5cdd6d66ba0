"""What a re-run repeats, and how its edges are rebuilt among the new runs."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from mlmon_shared.wire.runs import DependencyDocument, RunDocument
from mlmon_shared.wire.states import FINAL_RUN_STATES, RunState


@dataclass
class Selection:
    """What is to be run again, and what was read to decide that.

    Attributes:
        chosen: Ids of the runs to repeat, in the order in which they were found.
        known: Every run that was read, by id.
        members: Runs of each fan-in group that one of them waits on.
        outcomes: How runs ended that are not known otherwise; None for one that is live.
    """

    chosen: list[str]
    known: dict[str, RunDocument]
    members: Mapping[str, Sequence[str]]
    outcomes: dict[str, RunState | None] = field(default_factory=dict)

    @property
    def runs(self) -> list[RunDocument]:
        """The runs to repeat."""
        return [self.known[run_id] for run_id in self.chosen]

    def outside(self) -> list[str]:
        """Return the runs that those to repeat waited on, and that are not repeated."""
        chosen = set(self.chosen)
        found: dict[str, None] = {}
        for run in self.runs:
            for link in run.depends_on:
                upstream = [link.run] if link.run is not None else self.members_of(link)
                found |= dict.fromkeys(run_id for run_id in upstream if run_id not in chosen)
        return list(found)

    def members_of(self, link: DependencyDocument) -> Sequence[str]:
        """Return the runs of the group that a dependency fans in over."""
        return self.members.get(link.group, ()) if link.group is not None else ()

    def outcome_of(self, run_id: str) -> RunState | None:
        """Return how a run ended, None while it is live."""
        known = self.known.get(run_id)
        if known is None:
            return self.outcomes.get(run_id)
        return known.state if known.state in FINAL_RUN_STATES else None


def children_of(
    runs: Iterable[RunDocument], members: Mapping[str, Sequence[str]]
) -> dict[str, list[str]]:
    """Return what waited on each run; groups stand between as `g:<id>`."""
    children: dict[str, list[str]] = {}
    groups = set()
    for run in runs:
        for link in run.depends_on:
            if link.run is not None:
                children.setdefault(link.run, []).append(run.id)
            elif link.group is not None:
                children.setdefault(f"g:{link.group}", []).append(run.id)
                groups.add(link.group)
    for group in groups:
        for member in members.get(group, ()):
            children.setdefault(member, []).append(f"g:{group}")
    return children


def descend(start: Iterable[str], children: Mapping[str, Sequence[str]]) -> list[str]:
    """Return the runs behind these, without them, nearest first."""
    seen = dict.fromkeys(start)
    given = set(seen)
    waiting = list(seen)
    for node in waiting:
        for child in children.get(node, ()):
            if child not in seen:
                seen[child] = None
                waiting.append(child)
    return [node for node in waiting if node not in given and not node.startswith("g:")]


def rebuild_link(
    link: DependencyDocument, selection: Selection, new_ids: Mapping[str, str]
) -> DependencyDocument:
    """Return a run's dependency for its re-run; fan-ins are rebuilt elsewhere.

    An edge to a run that is repeated leads to the new run. One to a run that ended stays as
    it was decided; one to a run that is live is waited on. What was never found by its job
    and client is looked for again.
    """
    if link.run is None:
        return link
    outcome = link.outcome
    run_id = new_ids.get(link.run)
    if run_id is None:
        run_id = link.run
        outcome = outcome or selection.outcome_of(run_id)
    else:
        outcome = None
    return DependencyDocument(job=link.job, when=link.when, run=run_id, outcome=outcome)


def parents_within(run: RunDocument, selection: Selection, chosen: set[str]) -> list[str]:
    """Return the runs to repeat that this one waits on."""
    parents: list[str] = []
    for link in run.depends_on:
        upstream = [link.run] if link.run is not None else selection.members_of(link)
        parents += [run_id for run_id in upstream if run_id in chosen]
    return parents
