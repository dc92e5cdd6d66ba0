"""A run's parameters: the defaults of the definition, and the check of what is given."""

import json
import math
import re
from collections.abc import Mapping
from typing import Any, Final

from referencing.exceptions import Unresolvable

from mlmon_shared.jobs.faults import pointer_to
from mlmon_shared.jobs.parameter_patterns import SchemaValidator, list_additional
from mlmon_shared.wire.validation import unknown

_DEPTH_LIMIT: Final = 100
_SURROGATE: Final = re.compile("[\ud800-\udfff]")


class ParameterChecker:
    """Checks the parameters of runs of one definition.

    Args:
        schema: The definition's `parameters`, a JSON Schema.
    """

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self._schema = schema
        self._validator = SchemaValidator(schema)

    def with_defaults(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """Return the parameters with the defaults of the schema's own properties filled in."""
        properties = self._schema.get("properties", {})
        defaults = {
            name: property_schema["default"]
            for name, property_schema in properties.items()
            if isinstance(property_schema, dict) and "default" in property_schema
        }
        return {**defaults, **params}

    def find_faults(self, params: Mapping[str, Any], *, at: str) -> list[dict[str, str]]:
        """Return `{"pointer", "detail"}` for everything that is wrong.

        Args:
            params: With the defaults.
            at: JSON pointer of the parameters in what the user sent.
        """
        faults = []
        if not self._schema and params:
            name = next(iter(params))
            return [_fault(at + pointer_to(name), "this job declares no parameters; leave it out")]
        if (fault := _find_unstorable(params, at)) is not None:
            return [fault]
        try:
            errors = list(self._validator.iter_errors(dict(params)))
        except (RecursionError, Unresolvable):
            # Stored before saving looked for it.
            detail = "the schema of the job's parameters cannot be followed; save it anew"
            return [_fault(at, detail)]
        for error in errors:
            pointer = at + pointer_to(*error.absolute_path)
            if error.validator == "additionalProperties" and error.validator_value is False:
                known = list(error.schema.get("properties", {}))
                faults += [
                    _fault(pointer + pointer_to(name), unknown("parameter", name, known))
                    for name in list_additional(error.instance, error.schema)
                ]
            elif error.validator == "required":
                faults.append(_fault(pointer, error.message))
            else:
                shown = json.dumps(error.instance, default=str)[:80]
                message = error.message
                faults.append(
                    _fault(pointer, message if shown in message else f"{message}: {shown}")
                )
        return faults


def _find_unstorable(params: Mapping[str, Any], at: str) -> dict[str, str] | None:
    """Return a fault for what Python reads as JSON, but nobody could read back."""
    waiting: list[tuple[list[str | int], Any]] = [([], params)]
    while waiting:
        path, value = waiting.pop()
        pointer = at + pointer_to(*path)
        if len(path) > _DEPTH_LIMIT:
            return _fault(at, f"parameters may be nested {_DEPTH_LIMIT} deep")
        if isinstance(value, float) and not math.isfinite(value):
            return _fault(pointer, f"{value} is not a number that JSON has")
        if isinstance(value, str) and _SURROGATE.search(value):
            return _fault(pointer, "the text holds half a character (a lone surrogate)")
        if isinstance(value, Mapping):
            if any(_SURROGATE.search(name) for name in value):
                return _fault(pointer, "a name holds half a character (a lone surrogate)")
            waiting += [([*path, name], inner) for name, inner in value.items()]
        elif isinstance(value, list):
            waiting += [([*path, place], inner) for place, inner in enumerate(value)]
    return None


def _fault(pointer: str, detail: str) -> dict[str, str]:
    return {"pointer": pointer, "detail": detail}
