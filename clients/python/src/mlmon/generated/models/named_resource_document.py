from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..types import UNSET, Unset
from typing import cast


T = TypeVar("T", bound="NamedResourceDocument")


@_attrs_define
class NamedResourceDocument:
    """A named resource as it is stored.

    Attributes:
        etag: What `If-Match` names to change this and nothing else.

    """

    name: str
    capacity: int
    description: str | Unset = ""
    etag: None | str | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        name = self.name

        capacity = self.capacity

        description = self.description

        etag: None | str | Unset
        if isinstance(self.etag, Unset):
            etag = UNSET
        else:
            etag = self.etag

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "name": name,
                "capacity": capacity,
            }
        )
        if description is not UNSET:
            field_dict["description"] = description
        if etag is not UNSET:
            field_dict["etag"] = etag

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        name = d.pop("name")

        capacity = d.pop("capacity")

        description = d.pop("description", UNSET)

        def _parse_etag(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        etag = _parse_etag(d.pop("etag", UNSET))

        named_resource_document = cls(
            name=name,
            capacity=capacity,
            description=description,
            etag=etag,
        )

        return named_resource_document
