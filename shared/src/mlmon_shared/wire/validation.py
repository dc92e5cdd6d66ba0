"""Turn pydantic's findings into errors that name the field and the remedy."""

import types
import typing
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, TypeVar

from pydantic import BaseModel, ValidationError
from rapidfuzz import process

from mlmon_shared.errors import InvalidRequestError
from mlmon_shared.wire.deadlines import TIME_OF_DAY_PATTERN
from mlmon_shared.wire.job_definitions import NOT_AVAILABLE_YET, JobDefinition
from mlmon_shared.wire.names import NAME_PATTERN
from mlmon_shared.wire.several_faults import SEVERAL

_CLOSE_ENOUGH: Final = 60.0
_SHOWN: Final = 80
_FIELDS: Final = "write names with values here, such as {name: value}"
_LIST: Final = "write a list here, such as [one, two]"
_WHOLE: Final = "write a whole number"
_NUMBER: Final = "write a number"
_TIME: Final = "write a time with its offset, such as 2027-01-01T06:00:00Z"
_PLAIN: Final[Mapping[str, str]] = {
    "dict_type": _FIELDS,
    "model_type": _FIELDS,
    "model_attributes_type": _FIELDS,
    "list_type": _LIST,
    "tuple_type": _LIST,
    "string_type": "write text, in quotes where it looks like a number, true, false or null",
    "bool_type": "write true or false",
    "bool_parsing": "write true or false",
    "int_type": _WHOLE,
    "int_parsing": _WHOLE,
    "int_from_float": _WHOLE,
    "float_type": _NUMBER,
    "float_parsing": _NUMBER,
    "datetime_type": _TIME,
    "datetime_parsing": _TIME,
    "datetime_from_date_parsing": _TIME,
    "timezone_aware": _TIME,
    "missing": "this field is required",
}
"""What to do about faults that pydantic words for those who know Python, by its names for them."""
_PATTERNS: Final[Mapping[str, str]] = {
    NAME_PATTERN: (
        'a name has 1 to 100 letters, digits, ".", "_" and "-", with a letter or digit at both ends'
    ),
    TIME_OF_DAY_PATTERN: 'write a time of day as hours and minutes, such as "06:00"',
}
ModelT = TypeVar("ModelT", bound=BaseModel)


def validate(
    model: type[ModelT], value: object, *, at: str = "", shows_values: bool = True
) -> ModelT:
    """Return the value as the model.

    Args:
        model: What it should be.
        value: Decoded JSON or YAML.
        at: JSON pointer of the value in what the user sent, put before each error's own.
        shows_values: Say what was given; never for what holds secrets.

    Raises:
        InvalidRequestError: With every fault, its JSON pointer and the remedy.
    """
    try:
        return model.model_validate(value)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=shows_values)
        faults = explain(found, model, at=at)
        raise InvalidRequestError(summarise(faults), errors=faults) from error


def summarise(faults: Sequence[Mapping[str, str]]) -> str:
    """Return one sentence for a list of faults."""
    first = f"{faults[0]['pointer'] or '/'}: {faults[0]['detail']}"
    return first if len(faults) == 1 else f"{first} (and {len(faults) - 1} more)"


def explain(
    errors: Sequence[Mapping[str, Any]], model: object, *, at: str = ""
) -> list[dict[str, str]]:
    """Return `{"pointer", "detail"}` for each of pydantic's errors."""
    return [_explain_one(error, model, at) for error in tell_apart(errors)]


def tell_apart(errors: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """Yield pydantic's errors; each that a validator of ours found together for itself.

    Such a one has the location of what the validator looked at as `owner`.
    """
    for error in errors:
        if error["type"] != SEVERAL:
            yield error
            continue
        owner, context = tuple(error["loc"]), error["ctx"]
        for location, detail in context["faults"]:
            loc = (*owner, *location)
            yield {"type": context["kind"], "loc": loc, "msg": detail, "owner": owner}


def nearest(name: str, known: Sequence[str]) -> str | None:
    """Return the known name that the given one was probably meant to be."""
    found = process.extractOne(name, known, score_cutoff=_CLOSE_ENOUGH)
    return str(found[0]) if found is not None else None


def unknown(kind: str, name: str, known: Sequence[str]) -> str:
    """Return the sentence for a name that does not exist, with the nearest that does."""
    close = nearest(name, known)
    return f'no {kind} is named "{name}"' + (f'; did you mean "{close}"?' if close else "")


def _explain_one(error: Mapping[str, Any], model: object, at: str) -> dict[str, str]:
    location = [part for part in error["loc"] if part != "[key]"]
    pointer = at + "".join(f"/{_escape(part)}" for part in location)
    if error["type"] == "extra_forbidden":
        return {"pointer": pointer, "detail": _unknown_field(location, model)}
    detail = _word(error)
    given = error.get("input")
    if (
        error["type"] != "missing"
        and isinstance(given, str | int | float)
        and repr(given)[:_SHOWN] not in detail
    ):
        shown = f'"{given}"' if isinstance(given, str) else repr(given)
        if shown[:_SHOWN] not in detail:
            detail = f"{detail} (given: {shown[:_SHOWN]})"
    return {"pointer": pointer, "detail": detail}


def _word(error: Mapping[str, Any]) -> str:
    """Say what is wrong as people who write YAML would."""
    kind, context = error["type"], error.get("ctx", {})
    if kind == "too_short" and "min_length" in context:
        least = context["min_length"]
        return f"write at least {least} {'item' if least == 1 else 'items'}"
    if kind == "string_pattern_mismatch" and context.get("pattern") in _PATTERNS:
        return _PATTERNS[context["pattern"]]
    return _PLAIN.get(kind) or str(error["msg"]).removeprefix("Value error, ")


def _unknown_field(location: Sequence[Any], model: object) -> str:
    name = str(location[-1])
    section = next((str(part) for part in reversed(location[:-1]) if isinstance(part, str)), "")
    owner = _model_at(model, location[:-1])
    if model is JobDefinition and name in NOT_AVAILABLE_YET.get(section, set()):
        return f"{name} is not available in this version of MLMon; leave it out"
    if owner is None:
        return "unknown field"
    known = [field.alias or key for key, field in owner.model_fields.items()]
    close = nearest(name, known)
    if close is not None:
        return f'unknown field; did you mean "{close}"?'
    return f"unknown field; there are {', '.join(sorted(known))}"


def _model_at(annotation: object, location: Sequence[Any]) -> type[BaseModel] | None:
    """Walk a type along a location; None where it ends in no model."""
    models = _models_in(annotation)
    for position, part in enumerate(location):
        step = next(
            (
                field.annotation
                for model in models
                for key, field in model.model_fields.items()
                if part in (key, field.alias)
            ),
            None,
        )
        if step is None:
            items = [inner for inner in typing.get_args(annotation) if _models_in(inner)]
            step = items[0] if items else None
        if step is None:
            return None
        annotation = step
        models = _models_in(annotation)
        if not models and position == len(location) - 1:
            return None
    return models[0] if models else None


def _models_in(annotation: object) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    if typing.get_origin(annotation) in (typing.Union, types.UnionType, typing.Annotated):
        return [model for inner in typing.get_args(annotation) for model in _models_in(inner)]
    return []


def _escape(part: object) -> str:
    return str(part).replace("~", "~0").replace("/", "~1")
