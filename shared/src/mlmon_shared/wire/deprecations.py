"""What still works in a document that people write, and will not for ever.

A whole field is deprecated by pydantic's own `Field(deprecated="write … instead")`. One way to
write a field's value is deprecated by `DeprecatedValue` in the field's annotation. Both stand in
the JSON Schema as `deprecated: true`, and `find_deprecations` tells where a document uses them.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from mlmon_shared.wire.models import StrictModel

Deprecation = tuple[tuple[str | int, ...], str]
"""Where, as fields (by the names that people write) and positions; and the remedy."""


@dataclass(frozen=True)
class DeprecatedValue:
    """Marks a field of which one way to write the value is deprecated.

    Attributes:
        is_meant: Whether a value, validated, is written so.
        schema: JSON Schema of what is written so.
        remedy: What to write instead.
    """

    is_meant: Callable[[Any], bool]
    schema: Mapping[str, Any]
    remedy: str

    def __get_pydantic_json_schema__(
        self, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Add the deprecated way as an alternative, so that editors mark it."""
        known = handler(core_schema)
        ways = known["anyOf"] if set(known) == {"anyOf"} else [known]
        marked = {**self.schema, "deprecated": True, "description": f"Deprecated: {self.remedy}"}
        return {"anyOf": [*ways, marked]}


def find_deprecations(document: BaseModel) -> Iterator[Deprecation]:
    """Yield what a document uses that is deprecated; of fields only those that it sets."""
    fields = type(document).model_fields
    for name in fields:
        if name not in document.model_fields_set:
            continue
        field = fields[name]
        place = field.alias or name
        value = document.__dict__[name]  # by attribute, a deprecated field warns whoever reads it
        if field.deprecated:
            told = field.deprecation_message
            yield (place,), told if told and told != "deprecated" else "deprecated; leave it out"
        for mark in field.metadata:
            if isinstance(mark, DeprecatedValue) and mark.is_meant(value):
                yield (place,), mark.remedy
        for below, remedy in _inside(value):
            yield (place, *below), remedy


def _inside(value: object) -> Iterator[Deprecation]:
    if isinstance(value, StrictModel):
        yield from find_deprecations(value)
    elif isinstance(value, dict | list | tuple):
        steps = value.items() if isinstance(value, dict) else enumerate(value)
        for step, inner in steps:
            for below, remedy in _inside(inner):
                yield (step, *below), remedy
