from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..types import UNSET, Unset
from typing import cast


T = TypeVar("T", bound="RotationRequest")


@_attrs_define
class RotationRequest:
    """A request for a new secret.

    Attributes:
        keep_old: How long the old one signs as well, so that receivers can change over.

    """

    keep_old: float | str | Unset = 86400.0
    """ Seconds, or text such as 90s, 20m or 2h. """

    def to_dict(self) -> dict[str, Any]:
        keep_old: float | str | Unset
        if isinstance(self.keep_old, Unset):
            keep_old = UNSET
        else:
            keep_old = self.keep_old

        field_dict: dict[str, Any] = {}

        field_dict.update({})
        if keep_old is not UNSET:
            field_dict["keep_old"] = keep_old

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)

        def _parse_keep_old(data: object) -> float | str | Unset:
            if isinstance(data, Unset):
                return data
            return cast(float | str | Unset, data)

        keep_old = _parse_keep_old(d.pop("keep_old", UNSET))

        rotation_request = cls(
            keep_old=keep_old,
        )

        return rotation_request
