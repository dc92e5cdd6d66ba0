from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..types import UNSET, Unset
from typing import cast


T = TypeVar("T", bound="Usage")


@_attrs_define
class Usage:
    """What an attempt used.

    Attributes:
        peak_memory: Bytes that were resident at once, at most.
        cpu_seconds: Core-seconds of processor time.
        log_bytes: Written to standard output and error.

    """

    peak_memory: int | None | Unset = UNSET
    cpu_seconds: float | None | Unset = UNSET
    log_bytes: int | None | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        peak_memory: int | None | Unset
        if isinstance(self.peak_memory, Unset):
            peak_memory = UNSET
        else:
            peak_memory = self.peak_memory

        cpu_seconds: float | None | Unset
        if isinstance(self.cpu_seconds, Unset):
            cpu_seconds = UNSET
        else:
            cpu_seconds = self.cpu_seconds

        log_bytes: int | None | Unset
        if isinstance(self.log_bytes, Unset):
            log_bytes = UNSET
        else:
            log_bytes = self.log_bytes

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({})
        if peak_memory is not UNSET:
            field_dict["peak_memory"] = peak_memory
        if cpu_seconds is not UNSET:
            field_dict["cpu_seconds"] = cpu_seconds
        if log_bytes is not UNSET:
            field_dict["log_bytes"] = log_bytes

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)

        def _parse_peak_memory(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        peak_memory = _parse_peak_memory(d.pop("peak_memory", UNSET))

        def _parse_cpu_seconds(data: object) -> float | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(float | None | Unset, data)

        cpu_seconds = _parse_cpu_seconds(d.pop("cpu_seconds", UNSET))

        def _parse_log_bytes(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        log_bytes = _parse_log_bytes(d.pop("log_bytes", UNSET))

        usage = cls(
            peak_memory=peak_memory,
            cpu_seconds=cpu_seconds,
            log_bytes=log_bytes,
        )

        usage.additional_properties = d
        return usage

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
