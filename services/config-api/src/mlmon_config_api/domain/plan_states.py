"""What there is of the things that are to be saved together, before it or after it."""

from collections.abc import Iterable
from typing import NamedTuple

from mlmon_config_api.domain.changes import Kind
from mlmon_config_api.domain.documents import canonical_document
from mlmon_config_api.domain.tagged_states import State
from mlmon_shared.wire.catalog import Client, NamedResource, Pool


class PlanState(NamedTuple):
    """One of the things.

    Attributes:
        state: What saving replaces: whether a client is paused is no part of it. None for what
            is not there.
    """

    kind: Kind
    name: str
    state: State


def entry_states(
    kind: Kind, names: Iterable[str], there: Iterable[Client | Pool | NamedResource]
) -> list[PlanState]:
    """Return the states of the entries of these names, by what is there."""
    known = {entry.name: entry for entry in there}
    return [
        PlanState(kind, name, canonical_document(known[name]) if name in known else None)
        for name in names
    ]
