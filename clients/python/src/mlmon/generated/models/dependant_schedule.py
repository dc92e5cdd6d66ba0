from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..types import UNSET, Unset


T = TypeVar("T", bound="DependantSchedule")


@_attrs_define
class DependantSchedule:
    """When a job runs by itself that depends on the changed one."""

    job: str
    cron: str
    timezone: str
    is_paused: bool | Unset = False
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        job = self.job

        cron = self.cron

        timezone = self.timezone

        is_paused = self.is_paused

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "job": job,
                "cron": cron,
                "timezone": timezone,
            }
        )
        if is_paused is not UNSET:
            field_dict["is_paused"] = is_paused

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        job = d.pop("job")

        cron = d.pop("cron")

        timezone = d.pop("timezone")

        is_paused = d.pop("is_paused", UNSET)

        dependant_schedule = cls(
            job=job,
            cron=cron,
            timezone=timezone,
            is_paused=is_paused,
        )

        dependant_schedule.additional_properties = d
        return dependant_schedule

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
