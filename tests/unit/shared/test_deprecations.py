from typing import Annotated, Any

import pytest
from pydantic import Field

from mlmon_shared.wire.deprecations import DeprecatedValue, find_deprecations
from mlmon_shared.wire.job_definitions import JobDefinition
from mlmon_shared.wire.models import StrictModel

DEFINITION: dict[str, Any] = {"name": "a", "image": "i:1", "command": ["c"]}


class Part(StrictModel):
    """A section with a field that has a better one."""

    old: Annotated[int, Field(alias="was", deprecated="write new instead")] = 0
    new: int = 0


class Whole(StrictModel):
    """A document that has sections everywhere."""

    part: Part = Part()
    parts: tuple[Part, ...] = ()
    named: dict[str, Part] | None = None
    colour: Annotated[
        str, DeprecatedValue(lambda colour: colour == "grey", {"const": "grey"}, "write gray")
    ] = "grey"
    bare: Annotated[int, Field(deprecated=True)] = 0


def test_fields_are_found_wherever_they_are_set():
    whole = Whole.model_validate(
        {"part": {"was": 0}, "parts": [{}, {"was": 1}], "named": {"x": {"was": 1, "new": 2}}}
    )

    assert list(find_deprecations(whole)) == [
        (("part", "was"), "write new instead"),
        (("parts", 1, "was"), "write new instead"),
        (("named", "x", "was"), "write new instead"),
    ]


def test_values_are_found_only_when_written_so():
    assert list(find_deprecations(Whole())) == []
    assert list(find_deprecations(Whole(colour="gray"))) == []
    assert list(find_deprecations(Whole(colour="grey"))) == [(("colour",), "write gray")]


def test_field_without_a_remedy_is_left_out():
    assert list(find_deprecations(Whole(bare=0))) == [(("bare",), "deprecated; leave it out")]


def test_json_schema_marks_both():
    schema = Whole.model_json_schema()

    assert schema["$defs"]["Part"]["properties"]["was"]["deprecated"] is True
    assert schema["properties"]["colour"]["anyOf"][1] == {
        "const": "grey",
        "deprecated": True,
        "description": "Deprecated: write gray",
    }


@pytest.mark.parametrize(
    ("join", "found"),
    [("any", []), ({"n_of": 2}, []), ({"n_of": 1}, [("join",)]), ("all", [])],
)
def test_join_of_one_has_a_better_way(join: object, found: list[tuple[str, ...]]):
    definition = JobDefinition.model_validate({**DEFINITION, "join": join})

    assert [place for place, _ in find_deprecations(definition)] == found


def test_published_schema_marks_what_is_deprecated():
    ways = JobDefinition.model_json_schema(by_alias=True)["properties"]["join"]["anyOf"]

    assert [way.get("properties") for way in ways if way.get("deprecated")] == [
        {"n_of": {"const": 1}}
    ]
