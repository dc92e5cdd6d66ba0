from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..types import UNSET, Unset
from typing import cast
import datetime


T = TypeVar("T", bound="BackfillPlan")


@_attrs_define
class BackfillPlan:
    """What a backfill comes to.

    Attributes:
        slots: How many.
        clients: How many are selected now; each has a run in every slot.
        hours: Of attempts, all together, as measured runs of the job took; None when none was
            measured.
        measured_runs: Successful runs that this rests on.
        cost: Of these hours, in the first pool that the job fits and that has a price; None when
            there is none, or no run was measured.

    """

    job: str
    slots: int
    clients: int
    runs: int
    first: datetime.datetime | None | Unset = UNSET
    last: datetime.datetime | None | Unset = UNSET
    hours: float | None | Unset = UNSET
    measured_runs: int | Unset = 0
    cost: float | None | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        job = self.job

        slots = self.slots

        clients = self.clients

        runs = self.runs

        first: None | str | Unset
        if isinstance(self.first, Unset):
            first = UNSET
        elif isinstance(self.first, datetime.datetime):
            first = self.first.isoformat()
        else:
            first = self.first

        last: None | str | Unset
        if isinstance(self.last, Unset):
            last = UNSET
        elif isinstance(self.last, datetime.datetime):
            last = self.last.isoformat()
        else:
            last = self.last

        hours: float | None | Unset
        if isinstance(self.hours, Unset):
            hours = UNSET
        else:
            hours = self.hours

        measured_runs = self.measured_runs

        cost: float | None | Unset
        if isinstance(self.cost, Unset):
            cost = UNSET
        else:
            cost = self.cost

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "job": job,
                "slots": slots,
                "clients": clients,
                "runs": runs,
            }
        )
        if first is not UNSET:
            field_dict["first"] = first
        if last is not UNSET:
            field_dict["last"] = last
        if hours is not UNSET:
            field_dict["hours"] = hours
        if measured_runs is not UNSET:
            field_dict["measured_runs"] = measured_runs
        if cost is not UNSET:
            field_dict["cost"] = cost

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        job = d.pop("job")

        slots = d.pop("slots")

        clients = d.pop("clients")

        runs = d.pop("runs")

        def _parse_first(data: object) -> datetime.datetime | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                first_type_0 = datetime.datetime.fromisoformat(data)

                return first_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None | Unset, data)

        first = _parse_first(d.pop("first", UNSET))

        def _parse_last(data: object) -> datetime.datetime | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                last_type_0 = datetime.datetime.fromisoformat(data)

                return last_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None | Unset, data)

        last = _parse_last(d.pop("last", UNSET))

        def _parse_hours(data: object) -> float | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(float | None | Unset, data)

        hours = _parse_hours(d.pop("hours", UNSET))

        measured_runs = d.pop("measured_runs", UNSET)

        def _parse_cost(data: object) -> float | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(float | None | Unset, data)

        cost = _parse_cost(d.pop("cost", UNSET))

        backfill_plan = cls(
            job=job,
            slots=slots,
            clients=clients,
            runs=runs,
            first=first,
            last=last,
            hours=hours,
            measured_runs=measured_runs,
            cost=cost,
        )

        backfill_plan.additional_properties = d
        return backfill_plan

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
