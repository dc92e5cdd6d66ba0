"""A definition's parameters: a JSON Schema, and the templates that use it."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from referencing import Registry, Resource
from referencing.exceptions import Unresolvable
from referencing.jsonschema import DRAFT202012

from mlmon_shared.jobs.faults import Fault, pointer_to
from mlmon_shared.jobs.parameter_patterns import SchemaValidator, find_pattern_faults
from mlmon_shared.wire.job_definitions import TEMPLATE, JobDefinition
from mlmon_shared.wire.validation import nearest, unknown

_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_TYPES: Final = ("array", "boolean", "integer", "null", "number", "object", "string")
_REFERENCES: Final = ("$ref", "$dynamicRef")
_WORD: Final = re.compile(r"\s+")
_SHOWN: Final = 200


def find_schema_faults(parameters: Mapping[str, Any]) -> list[Fault]:
    """Return what is wrong with the JSON Schema of the parameters."""
    checker = Draft202012Validator(
        Draft202012Validator.META_SCHEMA, format_checker=Draft202012Validator.FORMAT_CHECKER
    )
    try:
        faults = [_fault_of(error) for error in checker.iter_errors(parameters)]
    except RecursionError:
        return [Fault("/parameters", "nested too deep")]
    if faults:
        return faults
    if parameters.get("type", "object") != "object":
        faults.append(Fault("/parameters/type", 'parameters are an object; write "object"'))
    if parameters.get("$schema", _DIALECT) != _DIALECT:
        faults.append(Fault("/parameters/$schema", f"only {_DIALECT} is understood"))
    # A reference elsewhere would make whoever validates fetch an address that a user chose.
    faults += [
        Fault(pointer, 'a reference stays inside the schema: it starts with "#"')
        for pointer, target in _references(parameters, "/parameters")
        if not target.startswith("#")
    ]
    faults += find_pattern_faults(parameters, "/parameters")
    return faults or list(_find_use_faults(parameters))


def _find_use_faults(parameters: Mapping[str, Any]) -> Iterator[Fault]:
    """Yield what would refuse, or break, every run that takes the defaults."""
    checker = SchemaValidator(parameters)
    properties = parameters.get("properties", {})
    try:
        # Below an $id, a reference means a place there.
        has_ids = "'$id':" in repr(parameters)
        for pointer, target in _references(parameters, "/parameters"):
            if not has_ids and not _resolves(parameters, target):
                yield Fault(pointer, f'nothing in the schema is at "{target[:_SHOWN]}"')
                return
        list(checker.iter_errors({}))
        for name, declared in properties.items():
            if not isinstance(declared, dict) or "default" not in declared:
                continue
            for error in checker.descend(declared["default"], declared):
                place = pointer_to("parameters", "properties", name, "default", *error.path)
                yield Fault(place, f"the schema refuses this default: {error.message[:_SHOWN]}")
    except RecursionError:
        yield Fault("/parameters", "the schema refers to itself without end")


def _resolves(parameters: Mapping[str, Any], target: str) -> bool:
    resource = Resource.from_contents(parameters, default_specification=DRAFT202012)
    try:
        Registry().with_resource("", resource).resolver().lookup(target)
    except Unresolvable:
        return False
    return True


def find_template_faults(definition: JobDefinition) -> list[Fault]:
    """Return the uses of `{{ params.x }}` that the parameters do not declare."""
    properties = definition.parameters.get("properties")
    if not isinstance(properties, dict):
        return []
    known = sorted(properties)
    return [
        Fault(pointer, unknown("parameter", name, known))
        for pointer, text in _templated_texts(definition)
        for name in dict.fromkeys(_parameters_in(text))
        if name not in properties
    ]


def _fault_of(error: ValidationError) -> Fault:
    pointer = "/parameters" + pointer_to(*error.absolute_path)
    if error.absolute_path and error.absolute_path[-1] == "type" and error.instance not in _TYPES:
        close = nearest(str(error.instance), _TYPES)
        hint = f'; did you mean "{close}"?' if close else f"; there are {', '.join(_TYPES)}"
        return Fault(pointer, f"not a JSON Schema: {str(error.instance)[:80]!r} is no type{hint}")
    message = _WORD.sub(" ", error.message)
    shown = message if len(message) <= _SHOWN else f"{message[:_SHOWN]}…"
    return Fault(pointer, f"not a JSON Schema: {shown}")


def _references(value: object, pointer: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            if key in _REFERENCES and isinstance(inner, str):
                yield pointer + pointer_to(key), inner
            yield from _references(inner, pointer + pointer_to(key))
    elif isinstance(value, list):
        for position, inner in enumerate(value):
            yield from _references(inner, pointer + pointer_to(position))


def _templated_texts(definition: JobDefinition) -> Iterator[tuple[str, str]]:
    for position, word in enumerate(definition.command):
        yield pointer_to("command", position), word
    for name, text in definition.environment.items():
        yield pointer_to("environment", name), text
    for position, wanted in enumerate(definition.inputs):
        if not wanted.is_artifact:
            yield pointer_to("inputs", position, "from"), wanted.source


def _parameters_in(text: str) -> Iterator[str]:
    for name in map(str.strip, TEMPLATE.findall(text)):
        if name.startswith("params."):
            yield name.removeprefix("params.")
