"""What there is of the things that are to be saved together, before it and after it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from mlmon_config_api.domain.changes import Kind
from mlmon_config_api.domain.documents import canonical_document
from mlmon_config_api.domain.tagged_states import State, job_state
from mlmon_shared.wire.catalog import Client, JobDefinitionDocument, NamedResource, Pool
from mlmon_shared.wire.job_definitions import JobDefinition


class PlanState(NamedTuple):
    """One of the things.

    Attributes:
        state: What saving replaces: whether a client is paused is no part of it. None for what
            is not there.
    """

    kind: Kind
    name: str
    state: State


@dataclass(frozen=True)
class PlanStates:
    """All of the things, in one order."""

    before: tuple[PlanState, ...]
    after: tuple[PlanState, ...]

    def __add__(self, other: "PlanStates") -> "PlanStates":
        """Return both together."""
        return PlanStates(self.before + other.before, self.after + other.after)


def entry_states(
    kind: Kind,
    stored: Iterable[Client | Pool | NamedResource],
    given: Iterable[Client | Pool | NamedResource],
) -> PlanStates:
    """Return the states of the entries that are given."""
    known = {entry.name: entry for entry in stored}
    before, after = [], []
    for entry in given:
        old = known.get(entry.name)
        state = canonical_document(old) if old is not None else None
        before.append(PlanState(kind, entry.name, state))
        after.append(PlanState(kind, entry.name, canonical_document(entry)))
    return PlanStates(tuple(before), tuple(after))


def definition_states(
    stored: JobDefinitionDocument | None, given: JobDefinition, *, is_archived: bool = False
) -> PlanStates:
    """Return the states of a job that is saved, or archived as it is."""
    is_archived_now = stored is not None and stored.archived_at is not None
    before = job_state(stored.definition, is_archived=is_archived_now) if stored else None
    after = job_state(given, is_archived=is_archived)
    kind, name = Kind.JOB_DEFINITION, given.name
    return PlanStates((PlanState(kind, name, before),), (PlanState(kind, name, after),))
