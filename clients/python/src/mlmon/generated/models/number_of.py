from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset


T = TypeVar("T", bound="NumberOf")


@_attrs_define
class NumberOf:
    """The first so many dependencies that are met."""

    n_of: int

    def to_dict(self) -> dict[str, Any]:
        n_of = self.n_of

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "n_of": n_of,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        n_of = d.pop("n_of")

        number_of = cls(
            n_of=n_of,
        )

        return number_of
