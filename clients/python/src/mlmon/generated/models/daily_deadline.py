from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..types import UNSET, Unset


T = TypeVar("T", bound="DailyDeadline")


@_attrs_define
class DailyDeadline:
    """A time of day by which a run shall have ended: the first after it was submitted.

    Attributes:
        by: Hours and minutes, as `06:00`. A time that a day does not have, because clocks go
            forward, is as much later; of one that a day has twice it is the first.
        timezone: A name of the IANA database.

    """

    by: str
    timezone: str | Unset = "UTC"

    def to_dict(self) -> dict[str, Any]:
        by = self.by

        timezone = self.timezone

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "by": by,
            }
        )
        if timezone is not UNSET:
            field_dict["timezone"] = timezone

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        by = d.pop("by")

        timezone = d.pop("timezone", UNSET)

        daily_deadline = cls(
            by=by,
            timezone=timezone,
        )

        return daily_deadline
