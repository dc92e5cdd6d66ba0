"""What a batch of events comes to: one change for each run, attempt and batch."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from mlmon_report_writer.domain.events import Event, Kind
from mlmon_report_writer.domain.parse_events import REQUIRED_FIELDS
from mlmon_shared.wire.states import FINAL_ATTEMPT_STATES, FINAL_RUN_STATES, BatchState

FINAL_STATES: Final[Mapping[Kind, frozenset[str]]] = {
    Kind.RUN: frozenset(FINAL_RUN_STATES),
    Kind.ATTEMPT: frozenset(FINAL_ATTEMPT_STATES),
    Kind.BATCH: frozenset({BatchState.FINISHED}),
}


@dataclass(frozen=True)
class Change:
    """What one or more events of a stream make of one thing.

    Attributes:
        rv: Of the newest of the events.
        fields: Merged in the order of the stream.
    """

    id: str
    rv: int
    fields: Mapping[str, str]


Changes = Mapping[Kind, Mapping[str, Change]]
"""By kind, then by id."""


def collapse(events: Iterable[Event]) -> Changes:
    """Merge the events of one stream, in its order, into one change for each thing.

    It decides as the store does between batches: an event with an older `rv` than one
    before it changes nothing, and neither does one that would replace a final state. So
    history does not depend on where a batch ends, as long as `rv` never falls in a stream.
    """
    found: dict[Kind, dict[str, Change]] = {kind: {} for kind in Kind}
    for event in events:
        changes = found[event.kind]
        known = changes.get(event.id)
        if known is None:
            changes[event.id] = Change(event.id, event.rv, event.fields)
        elif can_follow(event.kind, known, rv=event.rv, state=event.fields.get("state")):
            changes[event.id] = Change(event.id, event.rv, {**known.fields, **event.fields})
    return found


def can_follow(kind: Kind, known: Change, *, rv: int, state: str | None) -> bool:
    """Say whether a change may be applied on top of a known one of the same epoch.

    Changes with the same `rv` follow in the order of the stream: progress of an attempt
    does not change its run.
    """
    if rv < known.rv:
        return False
    is_final = known.fields.get("state") in FINAL_STATES[kind]
    return not is_final or state is None or state == known.fields["state"]


def is_complete(kind: Kind, change: Change) -> bool:
    """Say whether the change alone is enough to build the thing's document."""
    return all(change.fields.get(name) for name in REQUIRED_FIELDS[kind])
