"""Refuse a change of what somebody else has changed meanwhile."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from mlmon_config_api.application.ports import AuditQuery, Catalog
from mlmon_config_api.domain.changes import Kind
from mlmon_config_api.domain.documents import in_order_of
from mlmon_config_api.domain.tagged_states import KINDS_OF, State, tag_of, undo
from mlmon_shared.document_diffs import diff_data, list_differences
from mlmon_shared.errors import PreconditionFailedError
from mlmon_shared.wire.catalog import AuditEvent
from mlmon_shared.wire.concurrent_edits import ChangedPlace, OtherChange

CHANGES_READ: Final = 200
"""Further back nobody is told what changed."""
CHANGES_SHOWN: Final = 20
PLACES_SHOWN: Final = 20
_VALUE_LENGTH: Final = 300


@dataclass(frozen=True)
class Precondition:
    """What a caller takes the thing that it changes for.

    Attributes:
        etags: One of these is its entity tag; None when the caller does not say.
        is_new: It is not there yet.
        is_there: It is there, whatever it is.
    """

    etags: frozenset[str] | None = None
    is_new: bool = False
    is_there: bool = False


ANYTHING = Precondition()
"""The caller does not mind what is there."""


async def check_precondition(
    catalog: Catalog, wanted: Precondition, kind: Kind, name: str, current: State
) -> None:
    """Check what is stored against what the caller takes it for.

    Whoever asks for what is the case already is not to be refused, so callers look at that
    first: a request that is sent again, because its answer was lost, succeeds as well.

    Args:
        catalog: Where it is stored.
        wanted: What the caller takes it for.
        kind: Of the thing.
        name: Of the thing, as the audit has it.
        current: What its tag stands for.

    Raises:
        PreconditionFailedError: It is something else; with all that was changed since the
            caller read it: by whom, when, and how.
    """
    if wanted.is_new and current is not None:
        raise PreconditionFailedError(
            f'the {kind} "{name}" is there already; leave If-None-Match out to change it',
            etag=tag_of(current),
        )
    missing = f'there is no {kind} "{name}" to change; leave If-Match out'
    if wanted.is_there and current is None:
        raise PreconditionFailedError(missing)
    if wanted.etags is None or (current is not None and tag_of(current) in wanted.etags):
        return
    found = await _find_changes(catalog, wanted.etags, kind, name, current)
    if current is None and not found.events:
        raise PreconditionFailedError(missing)
    if not found.events:
        # It was stored before there was an audit.
        raise PreconditionFailedError(
            f'the {kind} "{name}" is another one than you have read; read it again',
            etag=tag_of(current),
        )
    last = found.events[0][0]
    deed = "removed" if current is None else "changed"
    raise PreconditionFailedError(
        f'{last.by} has {deed} the {kind} "{name}" at {last.at:%Y-%m-%d %H:%M:%SZ}'
        f"{_explain_others(found)}; read it again",
        etag=tag_of(current),
        changed_by=last.by,
        changed_at=last.at.isoformat(),
        diff=diff_data(
            in_order_of(current, found.read), current, old_title="as you read it", new_title="now"
        ),
        changes=[
            show_change(event, before, after).model_dump(mode="json")
            for event, before, after in found.events[:CHANGES_SHOWN]
        ],
        more_changes=max(0, len(found.events) - CHANGES_SHOWN),
    )


@dataclass(frozen=True)
class _Changes:
    """What was changed since a reader looked.

    Attributes:
        events: With what was there before and after, the newest first.
        read: What the reader read; what was there before the newest change if that is unknown.
        is_known: What the reader read was found.
    """

    events: Sequence[tuple[AuditEvent, State, State]]
    read: State
    is_known: bool


async def _find_changes(
    catalog: Catalog, etags: frozenset[str], kind: Kind, name: str, current: State
) -> _Changes:
    """Undo one change after the other until what is left is what the reader read."""
    events: list[AuditEvent] = []
    for each in KINDS_OF[kind]:
        query = AuditQuery(limit=CHANGES_READ, kind=each, name=name)
        events += await catalog.audit.list_page(query)
    found: list[tuple[AuditEvent, State, State]] = []
    state = current
    for event in sorted(events, key=lambda event: event.revision, reverse=True)[:CHANGES_READ]:
        before = undo(kind, state, event)
        if tag_of(before) == tag_of(state):
            # It concerned what is no part of the state, such as a password.
            continue
        found.append((event, before, state))
        state = before
        if tag_of(state) in etags:
            return _Changes(found, state, is_known=True)
    # A tag of a release that made other ones, of long ago, or none of ours.
    return _Changes(found[:1], found[0][1] if found else None, is_known=False)


def _explain_others(found: _Changes) -> str:
    if not found.is_known:
        return f", and what you have read is none of its last {CHANGES_READ} states"
    count = len(found.events) - 1
    if count == 0:
        return ""
    others = sorted({event.by for event, _, _ in found.events[1:]})
    by = f" by {others[0]}" if len(others) == 1 else ""
    return f", after {count} other change{'s' if count > 1 else ''}{by} since you have read it"


def show_change(event: AuditEvent, before: State, after: State) -> OtherChange:
    """Return a change for somebody who missed it, long values cut."""
    places = list_differences(before, after)
    return OtherChange(
        revision=event.revision,
        at=event.at,
        by=event.by,
        action=event.action,
        kind=event.kind,
        name=event.name,
        places=[
            ChangedPlace(pointer=place.pointer, before=_cut(place.before), after=_cut(place.after))
            for place in places[:PLACES_SHOWN]
        ],
        more_places=max(0, len(places) - PLACES_SHOWN),
    )


def _cut(value: Any) -> Any:  # noqa: ANN401 - JSON of any kind
    text = value if isinstance(value, str) else json.dumps(value)
    return value if len(text) <= _VALUE_LENGTH else f"{text[:_VALUE_LENGTH]}…"
