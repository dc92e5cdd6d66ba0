"""What a tag stood for before each change: the audit, undone from the end."""

from datetime import UTC, datetime
from typing import Any

from mlmon_config_api.domain.changes import Kind
from mlmon_config_api.domain.tagged_states import (
    State,
    canary_state,
    client_state,
    tag_of,
    undo,
)
from mlmon_shared.wire.catalog import AuditEvent, Client
from mlmon_shared.wire.rollouts import Canary

NOW = datetime(2026, 11, 28, tzinfo=UTC)


def an_event(
    action: str, before: dict[str, Any] | None, after: dict[str, Any] | None, kind: str = "client"
) -> AuditEvent:
    return AuditEvent(
        revision=1, at=NOW, by="pia", kind=kind, name="x", action=action, before=before, after=after
    )


def undone(kind: Kind, state: State, *events: AuditEvent) -> State:
    for event in events:
        state = undo(kind, state, event)
    return state


def test_tag_does_not_depend_on_the_order_of_keys() -> None:
    assert tag_of({"a": 1, "b": {"c": 2, "d": 3}}) == tag_of({"b": {"d": 3, "c": 2}, "a": 1})
    assert tag_of({"a": 1}) != tag_of({"a": True})
    assert tag_of(None) is None


def test_client_that_was_changed_while_it_was_paused() -> None:
    light, heavy = Client(name="acme"), Client(name="acme", weight=2.5)
    written = {"light": client_state(light, None), "heavy": client_state(heavy, None)}
    old, new = (
        {name: value for name, value in (state or {}).items() if "pause" not in name}
        for state in written.values()
    )

    state = undone(
        Kind.CLIENT,
        client_state(heavy, "sued"),
        an_event("paused", {"reason": "unpaid"}, {"reason": "sued"}),
        an_event("changed", old, new),
        an_event("paused", None, {"reason": "unpaid"}),
    )

    assert tag_of(state) == tag_of(written["light"])
    assert undone(Kind.CLIENT, state, an_event("created", None, old)) is None


def test_job_that_was_archived_and_restored() -> None:
    document = {"name": "train", "image": "a"}
    archived = {**document, "is_archived": True}

    state = undone(
        Kind.JOB_DEFINITION,
        archived,
        an_event("archived", document, document),
        an_event("changed", {**document, "image": "b"}, document),
    )

    assert state == {"name": "train", "image": "b", "is_archived": False}
    assert undone(Kind.JOB_DEFINITION, state, an_event("restored", document, document)) == archived


def test_schedule_is_concerned_by_its_part_of_the_definition_alone() -> None:
    schedule = {"cron": "0 2 * * *"}
    state = {"schedule": schedule, "is_paused": False, "pause_reason": ""}
    image = an_event(
        "changed", {"image": "a", "schedule": schedule}, {"image": "b", "schedule": schedule}
    )
    none = an_event("changed", {"image": "a", "schedule": None}, {"schedule": schedule})

    assert undone(Kind.SCHEDULE, state, image) == state
    assert undone(Kind.SCHEDULE, state, an_event("archived", {}, {})) == state
    assert undone(Kind.SCHEDULE, state, none) == {**state, "schedule": None}
    resumed = an_event("resumed", {"reason": "audit"}, None)
    assert undone(Kind.SCHEDULE, state, resumed) == {
        **state,
        "is_paused": True,
        "pause_reason": "audit",
    }


def test_canary_of_an_audit_that_had_less_in_it() -> None:
    canary = Canary(version=2, percent=10, clients=["acme"])
    state = canary_state(canary)
    stored = {"version": 2, "percent": 10, "clients": ["acme"]}

    for before in (stored, {**stored, "percent": 10, "definition": {"image": "a"}}):
        found = undone(Kind.CANARY, None, an_event("removed", before, None, "canary"))

        assert tag_of(found) == tag_of(state)
