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
    """What an attempt used; None where nobody can tell.

    Attributes:
        peak_memory: Bytes that were resident at once, at most.
        mean_memory: The same, over its time.
        cpu_seconds: Core-seconds of processor time.
        peak_cpu: Cores, in its busiest second.
        mean_cpu: Cores, over its time.
        peak_disk: Bytes of scratch space that it took at most, as far as that was measured.
        disk_read: Bytes from block devices.
        disk_written: Bytes to them.
        network_received: Bytes; of a network of its own.
        network_sent: Likewise.
        mean_gpu: Share of its time in which its GPUs computed, 0 to 1.
        peak_gpu_memory: Bytes in use on all of its GPUs at once, at most.
        log_bytes: Written to standard output and error.

    """

    peak_memory: int | None | Unset = UNSET
    mean_memory: int | None | Unset = UNSET
    cpu_seconds: float | None | Unset = UNSET
    peak_cpu: float | None | Unset = UNSET
    mean_cpu: float | None | Unset = UNSET
    peak_disk: int | None | Unset = UNSET
    disk_read: int | None | Unset = UNSET
    disk_written: int | None | Unset = UNSET
    network_received: int | None | Unset = UNSET
    network_sent: int | None | Unset = UNSET
    mean_gpu: float | None | Unset = UNSET
    peak_gpu_memory: int | None | Unset = UNSET
    log_bytes: int | None | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        peak_memory: int | None | Unset
        if isinstance(self.peak_memory, Unset):
            peak_memory = UNSET
        else:
            peak_memory = self.peak_memory

        mean_memory: int | None | Unset
        if isinstance(self.mean_memory, Unset):
            mean_memory = UNSET
        else:
            mean_memory = self.mean_memory

        cpu_seconds: float | None | Unset
        if isinstance(self.cpu_seconds, Unset):
            cpu_seconds = UNSET
        else:
            cpu_seconds = self.cpu_seconds

        peak_cpu: float | None | Unset
        if isinstance(self.peak_cpu, Unset):
            peak_cpu = UNSET
        else:
            peak_cpu = self.peak_cpu

        mean_cpu: float | None | Unset
        if isinstance(self.mean_cpu, Unset):
            mean_cpu = UNSET
        else:
            mean_cpu = self.mean_cpu

        peak_disk: int | None | Unset
        if isinstance(self.peak_disk, Unset):
            peak_disk = UNSET
        else:
            peak_disk = self.peak_disk

        disk_read: int | None | Unset
        if isinstance(self.disk_read, Unset):
            disk_read = UNSET
        else:
            disk_read = self.disk_read

        disk_written: int | None | Unset
        if isinstance(self.disk_written, Unset):
            disk_written = UNSET
        else:
            disk_written = self.disk_written

        network_received: int | None | Unset
        if isinstance(self.network_received, Unset):
            network_received = UNSET
        else:
            network_received = self.network_received

        network_sent: int | None | Unset
        if isinstance(self.network_sent, Unset):
            network_sent = UNSET
        else:
            network_sent = self.network_sent

        mean_gpu: float | None | Unset
        if isinstance(self.mean_gpu, Unset):
            mean_gpu = UNSET
        else:
            mean_gpu = self.mean_gpu

        peak_gpu_memory: int | None | Unset
        if isinstance(self.peak_gpu_memory, Unset):
            peak_gpu_memory = UNSET
        else:
            peak_gpu_memory = self.peak_gpu_memory

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
        if mean_memory is not UNSET:
            field_dict["mean_memory"] = mean_memory
        if cpu_seconds is not UNSET:
            field_dict["cpu_seconds"] = cpu_seconds
        if peak_cpu is not UNSET:
            field_dict["peak_cpu"] = peak_cpu
        if mean_cpu is not UNSET:
            field_dict["mean_cpu"] = mean_cpu
        if peak_disk is not UNSET:
            field_dict["peak_disk"] = peak_disk
        if disk_read is not UNSET:
            field_dict["disk_read"] = disk_read
        if disk_written is not UNSET:
            field_dict["disk_written"] = disk_written
        if network_received is not UNSET:
            field_dict["network_received"] = network_received
        if network_sent is not UNSET:
            field_dict["network_sent"] = network_sent
        if mean_gpu is not UNSET:
            field_dict["mean_gpu"] = mean_gpu
        if peak_gpu_memory is not UNSET:
            field_dict["peak_gpu_memory"] = peak_gpu_memory
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

        def _parse_mean_memory(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        mean_memory = _parse_mean_memory(d.pop("mean_memory", UNSET))

        def _parse_cpu_seconds(data: object) -> float | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(float | None | Unset, data)

        cpu_seconds = _parse_cpu_seconds(d.pop("cpu_seconds", UNSET))

        def _parse_peak_cpu(data: object) -> float | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(float | None | Unset, data)

        peak_cpu = _parse_peak_cpu(d.pop("peak_cpu", UNSET))

        def _parse_mean_cpu(data: object) -> float | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(float | None | Unset, data)

        mean_cpu = _parse_mean_cpu(d.pop("mean_cpu", UNSET))

        def _parse_peak_disk(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        peak_disk = _parse_peak_disk(d.pop("peak_disk", UNSET))

        def _parse_disk_read(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        disk_read = _parse_disk_read(d.pop("disk_read", UNSET))

        def _parse_disk_written(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        disk_written = _parse_disk_written(d.pop("disk_written", UNSET))

        def _parse_network_received(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        network_received = _parse_network_received(d.pop("network_received", UNSET))

        def _parse_network_sent(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        network_sent = _parse_network_sent(d.pop("network_sent", UNSET))

        def _parse_mean_gpu(data: object) -> float | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(float | None | Unset, data)

        mean_gpu = _parse_mean_gpu(d.pop("mean_gpu", UNSET))

        def _parse_peak_gpu_memory(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        peak_gpu_memory = _parse_peak_gpu_memory(d.pop("peak_gpu_memory", UNSET))

        def _parse_log_bytes(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        log_bytes = _parse_log_bytes(d.pop("log_bytes", UNSET))

        usage = cls(
            peak_memory=peak_memory,
            mean_memory=mean_memory,
            cpu_seconds=cpu_seconds,
            peak_cpu=peak_cpu,
            mean_cpu=mean_cpu,
            peak_disk=peak_disk,
            disk_read=disk_read,
            disk_written=disk_written,
            network_received=network_received,
            network_sent=network_sent,
            mean_gpu=mean_gpu,
            peak_gpu_memory=peak_gpu_memory,
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
