from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..types import UNSET, Unset
from typing import cast


T = TypeVar("T", bound="PutCanaryBody")


@_attrs_define
class PutCanaryBody:
    """Which clients shall try a version of a job.

    Attributes:
        version: Of the canary in progress when left out.
        percent: Of all clients, always the same ones for a job.
        clients: These beside the percentage.

    """

    version: int | None | Unset = UNSET
    percent: float | Unset = 0.0
    clients: list[str] | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        version: int | None | Unset
        if isinstance(self.version, Unset):
            version = UNSET
        else:
            version = self.version

        percent = self.percent

        clients: list[str] | Unset = UNSET
        if not isinstance(self.clients, Unset):
            clients = self.clients

        field_dict: dict[str, Any] = {}

        field_dict.update({})
        if version is not UNSET:
            field_dict["version"] = version
        if percent is not UNSET:
            field_dict["percent"] = percent
        if clients is not UNSET:
            field_dict["clients"] = clients

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)

        def _parse_version(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        version = _parse_version(d.pop("version", UNSET))

        percent = d.pop("percent", UNSET)

        clients = cast(list[str], d.pop("clients", UNSET))

        put_canary_body = cls(
            version=version,
            percent=percent,
            clients=clients,
        )

        return put_canary_body
