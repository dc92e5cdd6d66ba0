"""Patterns of strangers hold nobody up."""

from typing import Any

import pytest

from mlmon_shared.jobs.parameter_patterns import find_pattern_faults, matches
from mlmon_shared.jobs.parameter_schemas import find_schema_faults
from mlmon_shared.jobs.parameters import ParameterChecker

# With `re`, each character more doubles the time: these would take longer than the universe has.
SLOW = "(a+)+$"
TEXT = "a" * 5_000 + "!"


def faults(schema: dict[str, Any], params: dict[str, Any]) -> list[tuple[str, str]]:
    found = ParameterChecker(schema).find_faults(params, at="/params")
    return [(fault["pointer"], fault["detail"]) for fault in found]


def test_pattern_that_stops_others_does_not_stop_us():
    schema = {"type": "object", "properties": {"a": {"type": "string", "pattern": SLOW}}}

    assert find_schema_faults(schema) == []
    ((pointer, detail),) = faults(schema, {"a": TEXT})
    assert pointer == "/params/a"
    assert f"does not match '{SLOW}'" in detail
    assert faults(schema, {"a": "aaa"}) == []


def test_patterns_of_names_are_no_slower():
    schema = {"patternProperties": {SLOW: {"type": "integer"}}, "additionalProperties": False}

    assert faults(schema, {"aa": 1}) == []
    assert [pointer for pointer, _ in faults(schema, {"aa": "x"})] == ["/params/aa"]
    ((pointer, _),) = faults(schema, {TEXT: 1})
    assert pointer == f"/params/{TEXT}"


def test_names_that_no_pattern_knows_go_by_the_schema_of_additional_ones():
    schema = {
        "properties": {"a": {}},
        "patternProperties": {"^x": {}},
        "additionalProperties": {"type": "integer"},
    }

    assert faults(schema, {"a": "s", "xy": "s", "b": 1}) == []
    assert [pointer for pointer, _ in faults(schema, {"b": "s"})] == ["/params/b"]


@pytest.mark.parametrize("pattern", ["(?=a)b", r"(a)\1", "a{2000}"])
def test_pattern_that_the_engine_does_not_have_is_refused_at_its_place(pattern: str):
    schema = {"properties": {"a": {"items": {"pattern": pattern}}}}

    (fault,) = find_schema_faults(schema)
    assert fault.pointer == "/parameters/properties/a/items/pattern"
    assert fault.detail.startswith("not a pattern of RE2, which has no look-around")
    # One that was stored before is told, too.
    assert "save it anew" in faults(schema, {"a": ["x"]})[0][1]


def test_pattern_of_names_is_refused_at_its_place():
    (fault,) = find_schema_faults({"patternProperties": {"(?!a)": {}}})
    assert fault.pointer == "/parameters/patternProperties/(?!a)"

    (fault,) = find_schema_faults({"patternProperties": {"a": {}}, "unevaluatedProperties": False})
    assert fault.pointer == "/parameters/unevaluatedProperties"


def test_what_is_no_schema_has_no_patterns():
    schema = {
        "properties": {
            "pattern": {"default": {"pattern": "(?=a)"}},
            "rule": {"enum": [{"pattern": "(?=a)"}], "const": {"pattern": "(?=a)"}},
        }
    }

    assert list(find_pattern_faults(schema, "")) == []


def test_half_of_a_character_matches_nothing():
    assert not matches(".", "\ud800")
