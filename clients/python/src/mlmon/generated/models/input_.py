from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..types import UNSET, Unset
from typing import cast


T = TypeVar("T", bound="Input")


@_attrs_define
class Input:
    """A file that is put into the attempt's input folder before the command starts.

    Attributes:
        source: Written as `from`. `artifact:<job>/<path>`: of the upstream run that this run
            waited for, else the newest that the client's run of the job published.
            `s3://<bucket>/<key>` or `https://<host>/<path>`, with templates after the first `/`.
        target: Where it appears under the input folder, written as `to`. With a
            `/` at its end, one file per upstream run: `<to><client>/<path>`.
        sha256: What the content must have, for `s3://` and `https://`; in hexadecimal.

    """

    from_: str
    to: str
    sha256: None | str | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        from_ = self.from_

        to = self.to

        sha256: None | str | Unset
        if isinstance(self.sha256, Unset):
            sha256 = UNSET
        else:
            sha256 = self.sha256

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "from": from_,
                "to": to,
            }
        )
        if sha256 is not UNSET:
            field_dict["sha256"] = sha256

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        from_ = d.pop("from")

        to = d.pop("to")

        def _parse_sha256(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        sha256 = _parse_sha256(d.pop("sha256", UNSET))

        input_ = cls(
            from_=from_,
            to=to,
            sha256=sha256,
        )

        return input_
