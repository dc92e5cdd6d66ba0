"""Patterns in the schemas of parameters, matched in time that grows with the text alone.

`re` tries every way to match, which takes exponential time with patterns such as `(a+)+$`. Authors
write the patterns, and a whole service would wait: RE2 has no such patterns (R. Cox, "Regular
Expression Matching Can Be Simple And Fast", 2007).
"""

import functools
from collections.abc import Iterator, Mapping
from typing import Any, Final

import re2
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from jsonschema.validators import extend

from mlmon_shared.jobs.faults import Fault, pointer_to

_OPTIONS: Final = re2.Options()
_OPTIONS.log_errors = False
_DATA: Final = frozenset({"default", "const", "enum", "examples"})
"""Keywords whose values are no schemas."""


def find_pattern_faults(schema: object, pointer: str) -> Iterator[Fault]:
    """Yield the patterns of a JSON Schema that cannot be matched in bounded time.

    Args:
        schema: That is one, as far as its own schema can tell.
        pointer: Its place in what the user sent.
    """
    if isinstance(schema, list):
        for position, inner in enumerate(schema):
            yield from find_pattern_faults(inner, pointer + pointer_to(position))
    if not isinstance(schema, dict):
        return
    named = schema.get("patternProperties")
    patterns = list(named) if isinstance(named, dict) else []
    if patterns and "unevaluatedProperties" in schema:
        yield Fault(
            pointer + pointer_to("unevaluatedProperties"),
            "does not go with patternProperties here; use additionalProperties",
        )
    places = [(pointer + pointer_to("patternProperties", each), each) for each in patterns]
    if isinstance(schema.get("pattern"), str):
        places.append((pointer + pointer_to("pattern"), schema["pattern"]))
    for place, pattern in places:
        if (trouble := _explain(pattern)) is not None:
            yield Fault(place, trouble)
    for name, inner in schema.items():
        if name not in _DATA:
            yield from find_pattern_faults(inner, pointer + pointer_to(name))


def matches(pattern: str, text: str) -> bool:
    """Tell whether a pattern is found in a text.

    Raises:
        ValueError: The pattern is none of RE2's.
    """
    try:
        return _compile(pattern).search(text) is not None
    except UnicodeEncodeError:
        # Half of a character: no pattern means that.
        return False


@functools.lru_cache(maxsize=1000)
def _compile(pattern: str) -> Any:  # noqa: ANN401 - the library has no types
    try:
        return re2.compile(pattern, _OPTIONS)
    except re2.error as error:
        (said,) = error.args
        detail = said.decode(errors="replace") if isinstance(said, bytes) else str(said)
        raise ValueError(detail) from error
    except UnicodeEncodeError as error:
        message = "it holds half a character"
        raise ValueError(message) from error


def _explain(pattern: str) -> str | None:
    try:
        _compile(pattern)
    except ValueError as error:
        return f"not a pattern of RE2, which has no look-around and no back references: {error}"
    return None


def _check_pattern(
    _validator: object,
    pattern: str,
    instance: object,
    _: Mapping[str, Any],
) -> Iterator[ValidationError]:
    if not isinstance(instance, str):
        return
    try:
        if matches(pattern, instance):
            return
    except ValueError as error:
        yield ValidationError(f"the pattern {pattern!r} is none of RE2's ({error}); save it anew")
        return
    yield ValidationError(f"{instance!r} does not match {pattern!r}")


def _check_pattern_properties(
    validator: Any,  # noqa: ANN401 - jsonschema's protocol lacks `descend`
    patterns: Mapping[str, Any],
    instance: object,
    _: Mapping[str, Any],
) -> Iterator[ValidationError]:
    if not isinstance(instance, dict):
        return
    for pattern, schema in patterns.items():
        for name, value in instance.items():
            if _is_named(pattern, name):
                yield from validator.descend(value, schema, path=name, schema_path=pattern)


def _check_additional_properties(
    validator: Any,  # noqa: ANN401 - as above
    allowed: object,
    instance: object,
    schema: Mapping[str, Any],
) -> Iterator[ValidationError]:
    if not isinstance(instance, dict):
        return
    extras = list_additional(instance, schema)
    if isinstance(allowed, dict):
        for name in extras:
            yield from validator.descend(instance[name], allowed, path=name)
    elif not allowed and extras:
        names = ", ".join(repr(name) for name in extras)
        yield ValidationError(f"there is no property {names}")


def list_additional(instance: Mapping[str, Any], schema: Mapping[str, Any]) -> list[str]:
    """Return the names that a schema's own properties and patterns say nothing of."""
    known = schema.get("properties", {})
    patterns = list(schema.get("patternProperties", {}))
    return [
        name
        for name in instance
        if name not in known and not any(_is_named(pattern, name) for pattern in patterns)
    ]


def _is_named(pattern: str, name: str) -> bool:
    try:
        return matches(pattern, name)
    except ValueError:
        # Of a definition from before patterns were checked.
        return False


SchemaValidator: Final = extend(  # type: ignore[no-untyped-call]
    Draft202012Validator,
    {
        "pattern": _check_pattern,
        "patternProperties": _check_pattern_properties,
        "additionalProperties": _check_additional_properties,
    },
)
"""Checks what strangers send by schemas that strangers wrote."""
