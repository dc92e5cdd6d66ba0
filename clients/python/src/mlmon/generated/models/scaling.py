from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.scaling_kind import ScalingKind
from ..types import UNSET, Unset
from typing import cast


T = TypeVar("T", bound="Scaling")


@_attrs_define
class Scaling:
    """How many hosts a pool has.

    Attributes:
        min_hosts: So many are meant to be there; while fewer are, explanations of what waits
            say so.
        max_hosts: Further agents are not taken while so many are alive; None for any number. A
            pool of 0 takes no runs.

    """

    kind: ScalingKind | Unset = UNSET
    """ Who starts and stops the hosts of a pool: somebody else, as nothing of ours does yet. """
    min_hosts: int | Unset = 0
    max_hosts: int | None | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        kind: str | Unset = UNSET
        if not isinstance(self.kind, Unset):
            kind = self.kind.value

        min_hosts = self.min_hosts

        max_hosts: int | None | Unset
        if isinstance(self.max_hosts, Unset):
            max_hosts = UNSET
        else:
            max_hosts = self.max_hosts

        field_dict: dict[str, Any] = {}

        field_dict.update({})
        if kind is not UNSET:
            field_dict["kind"] = kind
        if min_hosts is not UNSET:
            field_dict["min_hosts"] = min_hosts
        if max_hosts is not UNSET:
            field_dict["max_hosts"] = max_hosts

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        _kind = d.pop("kind", UNSET)
        kind: ScalingKind | Unset
        if isinstance(_kind, Unset):
            kind = UNSET
        else:
            kind = ScalingKind(_kind)

        min_hosts = d.pop("min_hosts", UNSET)

        def _parse_max_hosts(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        max_hosts = _parse_max_hosts(d.pop("max_hosts", UNSET))

        scaling = cls(
            kind=kind,
            min_hosts=min_hosts,
            max_hosts=max_hosts,
        )

        return scaling
