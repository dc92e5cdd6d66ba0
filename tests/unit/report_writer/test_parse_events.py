import pytest

from mlmon_report_writer.domain.events import Entry, Kind
from mlmon_report_writer.domain.parse_events import REQUIRED_FIELDS, parse_entry
from mlmon_report_writer.errors import MalformedEventError


def entry(**fields: str) -> Entry:
    envelope = {"kind": "run", "id": "run-1", "rv": "3", "at": "1767614400000"}
    return Entry("5-0", {**envelope, **fields})


def test_run_event_gets_id_and_rv_as_fields() -> None:
    event = parse_entry(entry(state="queued"))

    assert event.kind is Kind.RUN
    assert event.rv == 3
    assert event.fields == {"id": "run-1", "rv": "3", "state": "queued"}


def test_attempt_event_gets_its_number_from_its_id() -> None:
    event = parse_entry(entry(kind="attempt", id="run-1.12", state="running"))

    assert event.fields == {"id": "run-1.12", "number": "12", "state": "running"}


def test_empty_text_means_none_and_is_kept() -> None:
    event = parse_entry(entry(cause="", finished_at=""))

    assert event.fields["cause"] == ""


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": "agent"},
        {"rv": "many"},
        {"rv": "1_0"},
        {"at": "-1"},
        {"id": ""},
        {"state": "waiting"},
        {"state": ""},
        {"priority": "1.5"},
        {"version": "9" * 30},
        {"labels": "{"},
        {"labels": '{"a": 1}'},
        {"resources": '{"cpu": "much"}'},
        {"artifacts": '[{"path": "../x", "size": 1, "sha256": "0"}]'},
        {"kind": "attempt", "id": "run-1"},
        {"kind": "attempt", "id": "run-1.1", "progress": "nan"},
        {"kind": "batch", "total": "all"},
    ],
)
def test_malformed_entry_is_refused(fields: dict[str, str]) -> None:
    with pytest.raises(MalformedEventError):
        parse_entry(entry(**fields))


def test_entry_without_envelope_is_refused() -> None:
    with pytest.raises(MalformedEventError, match="kind"):
        parse_entry(Entry("1-0", {"state": "queued"}))


def test_null_characters_are_replaced_because_postgres_stores_none() -> None:
    event = parse_entry(entry(reason="a\0b", labels='{"a": "\\u0000"}'))

    assert event.fields["reason"] == "a\ufffdb"
    assert event.fields["labels"] == '{"a": "\\ufffd"}'


def test_required_fields_are_those_of_the_documents() -> None:
    assert {"job", "client", "state", "created_at", "resources"} <= REQUIRED_FIELDS[Kind.RUN]
    assert {"agent", "fence", "granted_at"} <= REQUIRED_FIELDS[Kind.ATTEMPT]
    assert REQUIRED_FIELDS[Kind.BATCH] == {"state", "total", "created_at"}
