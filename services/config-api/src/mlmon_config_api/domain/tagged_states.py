"""What an entity tag stands for, and what it stood for before a change of the audit.

A tag covers what a reader is shown and people change: of a client also whether it is paused,
of a job whether it is archived. So each of two people who read the same hears of the other's
change, whichever of the requests it was made with.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Final, TypeAlias

from mlmon_config_api.domain.changes import Kind
from mlmon_config_api.domain.documents import canonical_document
from mlmon_shared.wire.catalog import (
    AuditEvent,
    Client,
    ClientDocument,
    JobDefinitionDocument,
)
from mlmon_shared.wire.job_definitions import JobDefinition
from mlmon_shared.wire.rollouts import Canary

State: TypeAlias = Mapping[str, Any] | None
"""What a tag stands for: JSON; None where the thing is not there."""
_PAUSES: Final = {"paused", "resumed"}
_ARCHIVINGS: Final = {"archived": False, "restored": True}
"""Whether the job was archived before."""


def tag_of(state: State) -> str | None:
    """Return a strong entity tag (RFC 9110) of a state; None for what is not there.

    Keys are sorted: the audit's JSON keeps no order.
    """
    if state is None:
        return None
    content = json.dumps(state, sort_keys=True).encode()
    return f'"{hashlib.sha256(content).hexdigest()[:32]}"'


def client_state(client: Client, pause_reason: str | None) -> State:
    """Return the state of a client; the reason is None while it is not paused."""
    return {**canonical_document(client), **_pause_state(pause_reason)}


def shown_client_state(client: ClientDocument) -> State:
    """Return the state of a client as readers are shown it."""
    reason = client.pause_reason if client.is_paused else None
    return client_state(client.as_written(), reason)


def definition_state(document: JobDefinitionDocument | None) -> State:
    """Return the state of a job by its current version."""
    if document is None:
        return None
    return job_state(document.definition, is_archived=document.archived_at is not None)


def job_state(definition: JobDefinition, *, is_archived: bool) -> State:
    """Return the state of a job by what it is."""
    return {**canonical_document(definition), "is_archived": is_archived}


def schedule_state(definition: JobDefinition, pause_reason: str | None) -> State:
    """Return the state of a job's schedule; the reason is None while it is not paused."""
    document = canonical_document(definition)
    return {"schedule": document["schedule"], **_pause_state(pause_reason)}


def canary_state(canary: Canary | None) -> State:
    """Return the state of a canary."""
    if canary is None:
        return None
    document = canary.model_dump(mode="json", include=set(Canary.model_fields))
    percent = document["percent"]
    # JSON that comes back from the audit does not keep the difference.
    return {**document, "percent": int(percent) if percent.is_integer() else percent}


def pin_state(version: int | None) -> State:
    """Return the state of a client's pin."""
    return {"version": version} if version is not None else None


KINDS_OF: Final[Mapping[Kind, tuple[Kind, ...]]] = {
    kind: (kind, Kind.JOB_DEFINITION) if kind is Kind.SCHEDULE else (kind,) for kind in Kind
}
"""Kinds of the changes that concern a thing: a schedule is a part of its job's definition."""


def undo(kind: Kind, state: State, event: AuditEvent) -> State:
    """Return what the state of a thing of this kind was before a change of the audit.

    Args:
        kind: Of the thing.
        state: After the change.
        event: The newest change that is in the state.
    """
    if kind is Kind.CLIENT:
        return _undo_of_client(state, event)
    if kind is Kind.JOB_DEFINITION:
        return _undo_of_definition(state, event)
    if kind is Kind.SCHEDULE:
        return _undo_of_schedule(state, event)
    if kind is Kind.CANARY and event.before is not None:
        return {name: event.before[name] for name in Canary.model_fields}
    return event.before


def _undo_of_client(state: State, event: AuditEvent) -> State:
    if event.action in _PAUSES:
        return {**state, **_pause_state(_reason_before(event))} if state is not None else None
    pause = {name: (state or {}).get(name, nothing) for name, nothing in _NOT_PAUSED.items()}
    return {**event.before, **pause} if event.before is not None else None


def _undo_of_definition(state: State, event: AuditEvent) -> State:
    is_archived = bool((state or {}).get("is_archived"))
    is_archived = _ARCHIVINGS.get(event.action, is_archived)
    return {**event.before, "is_archived": is_archived} if event.before is not None else None


def _undo_of_schedule(state: State, event: AuditEvent) -> State:
    if state is None or event.action in _ARCHIVINGS:
        return state
    if event.action in _PAUSES:
        return {**state, **_pause_state(_reason_before(event))}
    return {**state, "schedule": event.before.get("schedule")} if event.before is not None else None


_NOT_PAUSED: Final = {"is_paused": False, "pause_reason": ""}


def _pause_state(reason: str | None) -> dict[str, Any]:
    return _NOT_PAUSED if reason is None else {"is_paused": True, "pause_reason": reason}


def _reason_before(event: AuditEvent) -> str | None:
    return str(event.before["reason"]) if event.before is not None else None
