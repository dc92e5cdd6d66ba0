from typing import Any

import pytest

from mlmon_shared.errors import InvalidRequestError
from mlmon_shared.wire.batches import BatchSubmission
from mlmon_shared.wire.job_definitions import NOT_AVAILABLE_YET, JobDefinition
from mlmon_shared.wire.runs import RunSubmission
from mlmon_shared.wire.validation import nearest, summarise, unknown, validate

RUN = {"job": "echo", "client": "acme"}
DEFINITION = {"name": "echo", "image": "echo:1", "command": ["echo"]}


def faults_of(model: Any, value: object, *, at: str = "") -> dict[str, str]:
    with pytest.raises(InvalidRequestError) as caught:
        validate(model, value, at=at)
    return {fault["pointer"]: fault["detail"] for fault in caught.value.errors}


def test_good_value_becomes_the_model():
    assert validate(RunSubmission, RUN).job == "echo"


def test_every_fault_is_named_at_its_place():
    faults = faults_of(RunSubmission, {"job": "no name!", "priority": 1001}, at="/runs/3")

    assert set(faults) == {"/runs/3/job", "/runs/3/priority", "/runs/3/client"}
    assert faults["/runs/3/client"] == "this field is required"
    assert faults["/runs/3/priority"].endswith("less than or equal to 1000 (given: 1001)")


def test_unknown_field_is_answered_with_the_nearest():
    faults = faults_of(RunSubmission, {**RUN, "labls": {}})

    assert faults == {"/labls": 'unknown field; did you mean "labels"?'}


def test_unknown_field_like_no_other_is_answered_with_all():
    (detail,) = faults_of(RunSubmission, {**RUN, "zzz": 1}).values()

    assert detail == (
        "unknown field; there are client, deadline, depends_on, job, join, labels, lane, "
        "not_before, on_upstream_failure, params, priority, start_by, version"
    )


def test_unknown_field_inside_a_list_is_answered_from_its_own_model():
    item = {"key": "a", **RUN, "depends_on": [{"key": "b", "wen": "failed"}]}

    faults = faults_of(BatchSubmission, {"items": [item]})

    assert faults == {"/items/0/depends_on/0/wen": 'unknown field; did you mean "when"?'}


def test_unknown_field_of_an_alias_is_answered_by_that():
    given = {**DEFINITION, "inputs": [{"from": "artifact:a/b", "too": "b"}]}

    faults = faults_of(JobDefinition, given)

    assert faults["/inputs/0/too"] == 'unknown field; did you mean "to"?'


def test_field_of_a_later_version_is_told_from_a_mistake(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(NOT_AVAILABLE_YET, "", {"teleport"})

    faults = faults_of(JobDefinition, {**DEFINITION, "teleport": {"to": "moon"}})

    detail = "teleport is not available in this version of MLMon; leave it out"
    assert faults == {"/teleport": detail}


def test_pointer_escapes_what_pointers_give_a_meaning():
    faults = faults_of(RunSubmission, {**RUN, "a/b~c": 1})

    assert list(faults) == ["/a~1b~0c"]


def test_long_values_are_shown_in_part():
    (detail,) = faults_of(RunSubmission, {**RUN, "job": "!" * 500}).values()

    assert len(detail) < 300


def test_summary_names_the_first_fault_and_counts_the_rest():
    fault = {"pointer": "/job", "detail": "wrong"}

    assert summarise([fault]) == "/job: wrong"
    assert summarise([fault, fault, fault]) == "/job: wrong (and 2 more)"
    assert summarise([{"pointer": "", "detail": "not JSON"}]) == "/: not JSON"


def test_nearest_name_is_one_that_resembles():
    assert nearest("delay-scor", ["delay-train", "delay-score"]) == "delay-score"
    assert nearest("zzz", ["delay-train"]) is None
    assert nearest("a", []) is None
    assert unknown("job", "zzz", ["delay-train"]) == 'no job is named "zzz"'


@pytest.mark.parametrize(
    ("field", "value", "detail"),
    [
        ("name", "a b", 'a name has 1 to 100 letters, digits, ".", "_" and "-", with a letter'),
        ("command", "python train.py", "write a list here, such as [one, two]"),
        ("command", [], "write at least 1 item"),
        ("environment", ["A=1"], "write names with values here, such as {name: value}"),
        ("labels", {"version": 1.1}, "write text, in quotes where it looks like a number"),
        ("priority", "high", 'write a whole number (given: "high")'),
        ("resources", {"exclusive": "maybe"}, 'write true or false (given: "maybe")'),
        ("resources", {"cpu": "500m"}, 'write a number (given: "500m")'),
        ("deadline", {"by": "26:00"}, 'write a time of day as hours and minutes, such as "06:00"'),
    ],
)
def test_faults_say_what_to_write(field: str, value: object, detail: str) -> None:
    definition = {"name": "a", "image": "i:1", "command": ["c"], field: value}

    with pytest.raises(InvalidRequestError) as caught:
        validate(JobDefinition, definition)

    assert [fault["detail"][: len(detail)] for fault in caught.value.errors] == [detail]


@pytest.mark.parametrize("value", ["tomorrow", "2027-13-01T06:00:00Z", []])
def test_time_that_is_none_is_answered_with_how_one_is_written(value: object) -> None:
    faults = faults_of(RunSubmission, {**RUN, "not_before": value})

    assert "with its offset, such as 2027-01-01T06:00:00Z" in faults["/not_before"]


def test_fault_of_a_whole_document_names_no_class() -> None:
    with pytest.raises(InvalidRequestError) as caught:
        validate(JobDefinition, ["a"])

    assert caught.value.errors[0]["detail"].startswith("write names with values here")
