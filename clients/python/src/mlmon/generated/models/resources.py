from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..types import UNSET, Unset
from typing import cast


T = TypeVar("T", bound="Resources")


@_attrs_define
class Resources:
    """What one attempt needs of a host.

    Attributes:
        cpu: Cores; fractions of a thousandth are kept.
        memory: Bytes.
        gpus: Whole GPUs.
        disk: Bytes of scratch space.
        exclusive: The attempt takes a host that runs nothing else, and all of it.

    """

    cpu: float | Unset = 1.0
    memory: int | str | Unset = 536870912
    """ Bytes, or text such as 500M or 8Gi. """
    gpus: int | Unset = 0
    disk: int | str | Unset = 0
    """ Bytes, or text such as 500M or 8Gi. """
    exclusive: bool | Unset = False

    def to_dict(self) -> dict[str, Any]:
        cpu = self.cpu

        memory: int | str | Unset
        if isinstance(self.memory, Unset):
            memory = UNSET
        else:
            memory = self.memory

        gpus = self.gpus

        disk: int | str | Unset
        if isinstance(self.disk, Unset):
            disk = UNSET
        else:
            disk = self.disk

        exclusive = self.exclusive

        field_dict: dict[str, Any] = {}

        field_dict.update({})
        if cpu is not UNSET:
            field_dict["cpu"] = cpu
        if memory is not UNSET:
            field_dict["memory"] = memory
        if gpus is not UNSET:
            field_dict["gpus"] = gpus
        if disk is not UNSET:
            field_dict["disk"] = disk
        if exclusive is not UNSET:
            field_dict["exclusive"] = exclusive

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        cpu = d.pop("cpu", UNSET)

        def _parse_memory(data: object) -> int | str | Unset:
            if isinstance(data, Unset):
                return data
            return cast(int | str | Unset, data)

        memory = _parse_memory(d.pop("memory", UNSET))

        gpus = d.pop("gpus", UNSET)

        def _parse_disk(data: object) -> int | str | Unset:
            if isinstance(data, Unset):
                return data
            return cast(int | str | Unset, data)

        disk = _parse_disk(d.pop("disk", UNSET))

        exclusive = d.pop("exclusive", UNSET)

        resources = cls(
            cpu=cpu,
            memory=memory,
            gpus=gpus,
            disk=disk,
            exclusive=exclusive,
        )

        return resources
