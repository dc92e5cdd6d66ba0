from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..types import UNSET, Unset
from typing import cast
import datetime


T = TypeVar("T", bound="PreviewRequest")


@_attrs_define
class PreviewRequest:
    """A schedule that is not saved yet.

    Attributes:
        after: Slots after this moment; now when left out.
        count: How many.

    """

    cron: str
    timezone: str | Unset = "UTC"
    after: datetime.datetime | None | Unset = UNSET
    count: int | Unset = 20

    def to_dict(self) -> dict[str, Any]:
        cron = self.cron

        timezone = self.timezone

        after: None | str | Unset
        if isinstance(self.after, Unset):
            after = UNSET
        elif isinstance(self.after, datetime.datetime):
            after = self.after.isoformat()
        else:
            after = self.after

        count = self.count

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "cron": cron,
            }
        )
        if timezone is not UNSET:
            field_dict["timezone"] = timezone
        if after is not UNSET:
            field_dict["after"] = after
        if count is not UNSET:
            field_dict["count"] = count

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        cron = d.pop("cron")

        timezone = d.pop("timezone", UNSET)

        def _parse_after(data: object) -> datetime.datetime | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                after_type_0 = datetime.datetime.fromisoformat(data)

                return after_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None | Unset, data)

        after = _parse_after(d.pop("after", UNSET))

        count = d.pop("count", UNSET)

        preview_request = cls(
            cron=cron,
            timezone=timezone,
            after=after,
            count=count,
        )

        return preview_request
