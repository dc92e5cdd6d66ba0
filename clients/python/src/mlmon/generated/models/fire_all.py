from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset


T = TypeVar("T", bound="FireAll")


@_attrs_define
class FireAll:
    """Fire the newest so many of them."""

    fire_all: int

    def to_dict(self) -> dict[str, Any]:
        fire_all = self.fire_all

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "fire_all": fire_all,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        fire_all = d.pop("fire_all")

        fire_all = cls(
            fire_all=fire_all,
        )

        return fire_all
