from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..types import UNSET, Unset


T = TypeVar("T", bound="NamedResource")


@_attrs_define
class NamedResource:
    """Something outside that runs share, such as a warehouse's sessions.

    Attributes:
        capacity: How much of it all runs together may take; 0 lets none start.

    """

    name: str
    capacity: int
    description: str | Unset = ""

    def to_dict(self) -> dict[str, Any]:
        name = self.name

        capacity = self.capacity

        description = self.description

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "name": name,
                "capacity": capacity,
            }
        )
        if description is not UNSET:
            field_dict["description"] = description

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        name = d.pop("name")

        capacity = d.pop("capacity")

        description = d.pop("description", UNSET)

        named_resource = cls(
            name=name,
            capacity=capacity,
            description=description,
        )

        return named_resource
