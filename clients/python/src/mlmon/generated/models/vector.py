from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..types import UNSET, Unset


T = TypeVar("T", bound="Vector")


@_attrs_define
class Vector:
    """Resources in the scheduler's units: thousandths of a core, bytes, whole GPUs, bytes."""

    cpu_milli: int | Unset = 0
    memory: int | Unset = 0
    gpus: int | Unset = 0
    disk: int | Unset = 0
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        cpu_milli = self.cpu_milli

        memory = self.memory

        gpus = self.gpus

        disk = self.disk

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({})
        if cpu_milli is not UNSET:
            field_dict["cpu_milli"] = cpu_milli
        if memory is not UNSET:
            field_dict["memory"] = memory
        if gpus is not UNSET:
            field_dict["gpus"] = gpus
        if disk is not UNSET:
            field_dict["disk"] = disk

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        cpu_milli = d.pop("cpu_milli", UNSET)

        memory = d.pop("memory", UNSET)

        gpus = d.pop("gpus", UNSET)

        disk = d.pop("disk", UNSET)

        vector = cls(
            cpu_milli=cpu_milli,
            memory=memory,
            gpus=gpus,
            disk=disk,
        )

        vector.additional_properties = d
        return vector

    @property
    def additional_keys(self) -> list[str]:
        return list(self.additional_properties.keys())

    def __getitem__(self, key: str) -> Any:
        return self.additional_properties[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.additional_properties[key] = value

    def __delitem__(self, key: str) -> None:
        del self.additional_properties[key]

    def __contains__(self, key: str) -> bool:
        return key in self.additional_properties
