from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset


T = TypeVar("T", bound="Input")


@_attrs_define
class Input:
    """A file that is put into the attempt's input folder before the command starts.

    Attributes:
        source: `artifact:<job>/<path>`, written as `from`: of the upstream run that this
            run waited for, else the newest that the client's run of the job published.
        target: Where it appears under the input folder, written as `to`. With a
            `/` at its end, one file per upstream run: `<to><client>/<path>`.

    """

    from_: str
    to: str

    def to_dict(self) -> dict[str, Any]:
        from_ = self.from_

        to = self.to

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "from": from_,
                "to": to,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        from_ = d.pop("from")

        to = d.pop("to")

        input_ = cls(
            from_=from_,
            to=to,
        )

        return input_
