import pytest

from mlmon_report_writer.domain.events import Entry
from mlmon_report_writer.domain.parse_actions import parse_action
from mlmon_report_writer.errors import MalformedEventError
from mlmon_shared.testing.clocks import START
from mlmon_shared.wire.actions import Action, ActionDocument, ActionKind
from mlmon_shared.wire.records import to_milliseconds


def entry(**fields: str) -> Entry:
    first = {
        "kind": "action",
        "id": "x1",
        "rv": "3",
        "at": str(to_milliseconds(START)),
        "by": "ann",
        "action": "held",
        "subject_kind": "run",
        "subject": "run-1",
        "client": "",
        "job": "train",
        "before": "",
        "after": '{"is_held": true}',
        "request_id": "",
    }
    return Entry("5-0", {**first, **fields})


def test_action_says_who_did_what_to_which_thing() -> None:
    assert parse_action(entry()) == ActionDocument(
        id="x1",
        at=START,
        by="ann",
        action=Action.HELD,
        kind=ActionKind.RUN,
        name="run-1",
        job="train",
        after={"is_held": True},
    )


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"by": ""}, "must have by"),
        ({"id": "", "subject": ""}, "must have id, subject"),
        ({"at": "yesterday"}, "not an integer"),
        ({"action": "pondered"}, "action of an action is malformed"),
        ({"subject_kind": "moon"}, "kind of an action is malformed"),
        ({"before": "{"}, "is malformed"),
        ({"after": "[1]"}, "after of an action is malformed"),
        ({"by": "a\0"}, "null character"),
    ],
)
def test_malformed_action_is_refused(fields: dict[str, str], why: str) -> None:
    with pytest.raises(MalformedEventError, match=why):
        parse_action(entry(**fields))
