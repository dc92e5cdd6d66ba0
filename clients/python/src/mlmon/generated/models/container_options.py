from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..types import UNSET, Unset
from typing import cast


T = TypeVar("T", bound="ContainerOptions")


@_attrs_define
class ContainerOptions:
    """What of the container's file system the command may write to; nothing to a plain process.

    Attributes:
        read_only: Whether all but `/mlmon/out`, `/tmp` and the image's volumes is read-only.
        tmp: Bytes that `/tmp`, which is in memory, may take of the attempt's memory; all of it
            when left out.

    """

    read_only: bool | Unset = True
    tmp: int | None | str | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        read_only = self.read_only

        tmp: int | None | str | Unset
        if isinstance(self.tmp, Unset):
            tmp = UNSET
        else:
            tmp = self.tmp

        field_dict: dict[str, Any] = {}

        field_dict.update({})
        if read_only is not UNSET:
            field_dict["read_only"] = read_only
        if tmp is not UNSET:
            field_dict["tmp"] = tmp

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        read_only = d.pop("read_only", UNSET)

        def _parse_tmp(data: object) -> int | None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | str | Unset, data)

        tmp = _parse_tmp(d.pop("tmp", UNSET))

        container_options = cls(
            read_only=read_only,
            tmp=tmp,
        )

        return container_options
