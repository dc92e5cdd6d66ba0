from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..types import UNSET, Unset
from typing import cast

if TYPE_CHECKING:
    from ..models.schedule import Schedule
    from ..models.slot_time import SlotTime


T = TypeVar("T", bound="ScheduleDocument")


@_attrs_define
class ScheduleDocument:
    """The schedule of a job's current version.

    Attributes:
        clients: How many it selects now, the paused ones included.
        next: Its next slots; those of a paused schedule are passed over.
        etag: What `If-Match` names to pause or resume this and nothing else.

    """

    job: str
    version: int
    schedule: Schedule
    """ When a job runs by itself.

    Attributes:
        cron: Five fields: minute, hour, day of month, month, day of week.
        timezone: In which they are meant.
        clients: For which it runs.
        jitter: Seconds over which the runs of a slot are spread, each always at the same place.
        misfire: What becomes of missed slots.
        overlap: What a slot does for a client whose newest run of the job is not final. """
    clients: int
    is_paused: bool | Unset = False
    pause_reason: str | Unset = ""
    next_: list[SlotTime] | Unset = UNSET
    etag: None | str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.schedule import Schedule  # noqa: PLC0415
        from ..models.slot_time import SlotTime  # noqa: PLC0415

        job = self.job

        version = self.version

        schedule = self.schedule.to_dict()

        clients = self.clients

        is_paused = self.is_paused

        pause_reason = self.pause_reason

        next_: list[dict[str, Any]] | Unset = UNSET
        if not isinstance(self.next_, Unset):
            next_ = []
            for next_item_data in self.next_:
                next_item = next_item_data.to_dict()
                next_.append(next_item)

        etag: None | str | Unset
        if isinstance(self.etag, Unset):
            etag = UNSET
        else:
            etag = self.etag

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "job": job,
                "version": version,
                "schedule": schedule,
                "clients": clients,
            }
        )
        if is_paused is not UNSET:
            field_dict["is_paused"] = is_paused
        if pause_reason is not UNSET:
            field_dict["pause_reason"] = pause_reason
        if next_ is not UNSET:
            field_dict["next"] = next_
        if etag is not UNSET:
            field_dict["etag"] = etag

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.schedule import Schedule  # noqa: PLC0415
        from ..models.slot_time import SlotTime  # noqa: PLC0415

        d = dict(src_dict)
        job = d.pop("job")

        version = d.pop("version")

        schedule = Schedule.from_dict(d.pop("schedule"))

        clients = d.pop("clients")

        is_paused = d.pop("is_paused", UNSET)

        pause_reason = d.pop("pause_reason", UNSET)

        _next_ = d.pop("next", UNSET)
        next_: list[SlotTime] | Unset = UNSET
        if _next_ is not UNSET:
            next_ = []
            for next_item_data in _next_:
                next_item = SlotTime.from_dict(next_item_data)

                next_.append(next_item)

        def _parse_etag(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        etag = _parse_etag(d.pop("etag", UNSET))

        schedule_document = cls(
            job=job,
            version=version,
            schedule=schedule,
            clients=clients,
            is_paused=is_paused,
            pause_reason=pause_reason,
            next_=next_,
            etag=etag,
        )

        schedule_document.additional_properties = d
        return schedule_document

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
