"""Change only what is given of a stored document: what options set, and `--unset` takes out."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Final, get_args

import typer
from pydantic import BaseModel

from mlmon_shared.wire.validation import unknown

Unset = Annotated[
    list[str] | None,
    typer.Option(
        "--unset",
        metavar="FIELD",
        help="Take it out, or back to its default: labels.region, weight. May be repeated.",
    ),
]
_NEVER: Final = "name"
_FREE: Final = {"parameters", "labels"}


def merge(document: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the document with what is given over it, in sections that both have field by field."""
    merged = dict(document)
    for name, value in given.items():
        before = merged.get(name)
        if not isinstance(before, dict) or not isinstance(value, dict):
            merged[name] = value
        elif name in _FREE:
            # A parameter that is an object is replaced, not mixed with what it was.
            merged[name] = {**before, **value}
        else:
            merged[name] = merge(before, value)
    return merged


def without(document: Mapping[str, Any], places: Iterable[str]) -> dict[str, Any]:
    """Return the document without fields, each named with its sections: `quotas.runs`."""
    left = dict(document)
    for place in places:
        left = _without(left, place)
    return left


def check_places(model: type[BaseModel], places: Iterable[str]) -> None:
    """Check that a document may have these fields.

    Raises:
        typer.BadParameter: There is no such field, or a document cannot be without it.
    """
    for place in places:
        if place == _NEVER:
            raise typer.BadParameter("the name cannot be taken out", param_hint="--unset")
        _check(model, place)


def _without(document: Mapping[str, Any], place: str) -> dict[str, Any]:
    # A label's name may contain dots; it is the longest match that counts.
    if place in document:
        return {name: value for name, value in document.items() if name != place}
    head, dot, rest = place.partition(".")
    section = document.get(head)
    if not dot or not isinstance(section, Mapping):
        return dict(document)
    return {**document, head: _without(section, rest)}


def _check(model: type[BaseModel], place: str) -> None:
    fields = model.model_fields
    head, dot, rest = place.partition(".")
    if head not in fields:
        raise typer.BadParameter(unknown("field", head, list(fields)), param_hint="--unset")
    section = _model_in(fields[head].annotation)
    if dot and section is not None:
        _check(section, rest)


def _model_in(annotation: object) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for each in get_args(annotation) if (found := _model_in(each))), None)
