from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..types import UNSET, Unset
from typing import cast


T = TypeVar("T", bound="AdmittedInstances")


@_attrs_define
class AdmittedInstances:
    """Which EC2 instances may register agents of a pool by their signed identity.

    Attributes:
        accounts: Of AWS, whose instances they are.
        regions: Where they are, such as `eu-west-2`; anywhere when empty.
        images: Which they were started from, such as `ami-0abcdef1234567890`; any when empty.
        types: Such as `g5.xlarge`; any when empty.

    """

    accounts: list[str]
    regions: list[str] | Unset = UNSET
    images: list[str] | Unset = UNSET
    types: list[str] | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        accounts = self.accounts

        regions: list[str] | Unset = UNSET
        if not isinstance(self.regions, Unset):
            regions = self.regions

        images: list[str] | Unset = UNSET
        if not isinstance(self.images, Unset):
            images = self.images

        types: list[str] | Unset = UNSET
        if not isinstance(self.types, Unset):
            types = self.types

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "accounts": accounts,
            }
        )
        if regions is not UNSET:
            field_dict["regions"] = regions
        if images is not UNSET:
            field_dict["images"] = images
        if types is not UNSET:
            field_dict["types"] = types

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        accounts = cast(list[str], d.pop("accounts"))

        regions = cast(list[str], d.pop("regions", UNSET))

        images = cast(list[str], d.pop("images", UNSET))

        types = cast(list[str], d.pop("types", UNSET))

        admitted_instances = cls(
            accounts=accounts,
            regions=regions,
            images=images,
            types=types,
        )

        return admitted_instances
