import json

import pytest
from pydantic import TypeAdapter

from mlmon_shared.errors import InvalidRequestError
from mlmon_shared.wire.job_definitions import JobDefinition
from mlmon_shared.wire.joins import Join, edges_needed
from mlmon_shared.wire.validation import validate

DEFINITION = {"name": "score", "image": "score:1", "command": ["score"]}
SENTENCE = "write all, any, or {n_of: 2} with a number from 1 to 10000"


@pytest.mark.parametrize(("written", "needed"), [("all", None), ("any", 1), ({"n_of": 3}, 3)])
def test_join_says_how_many_edges_must_be_met(written: object, needed: int | None):
    definition = validate(JobDefinition, {**DEFINITION, "join": written})

    assert edges_needed(definition.join) == needed
    assert json.loads(TypeAdapter(Join).dump_json(definition.join)) == written


@pytest.mark.parametrize(
    "written", ["some", 2, {"n_of": 0}, {"n_of": True}, {"n_of": 10_001}, {"of": 2}, {}, None]
)
def test_other_joins_are_answered_by_one_sentence(written: object):
    with pytest.raises(InvalidRequestError) as caught:
        validate(JobDefinition, {**DEFINITION, "join": written})

    (fault,) = caught.value.errors
    assert fault["pointer"] == "/join"
    assert fault["detail"].startswith(SENTENCE)


@pytest.mark.parametrize("field", [{"within": "1d"}, {"missing": "skip"}])
def test_fan_in_takes_no_fields_of_the_newest_run(field: dict[str, str]):
    dependency = {"job": "train", "scope": "batch", **field}
    with pytest.raises(InvalidRequestError) as caught:
        validate(JobDefinition, {**DEFINITION, "depends_on": [dependency]})

    (fault,) = caught.value.errors
    (name,) = field
    assert fault == {
        "pointer": f"/depends_on/0/{name}",
        "detail": f"{name} goes with scope: same-client",
    }
