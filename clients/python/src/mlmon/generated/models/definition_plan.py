from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..types import UNSET, Unset
from typing import cast

if TYPE_CHECKING:
    from ..models.dependant_schedule import DependantSchedule
    from ..models.pool_fit import PoolFit
    from ..models.slot_time import SlotTime


T = TypeVar("T", bound="DefinitionPlan")


@_attrs_define
class DefinitionPlan:
    """What saving a definition would concern.

    Attributes:
        pools: Those that the job may run in, in its order of preference.
        dependants: Other jobs that depend on this one or take its artifacts, by name.
        dependant_schedules: Of the dependants that have one, by job.
        pinned_clients: How many clients are pinned to a version of the job, and keep it.
        pinned_names: The first ten of them, by name.
        next_slots: Of its schedule, the next 20.
        removes_schedule: The job runs by itself now, and would no longer.
        scheduled_clients: How many clients the schedule selects now.
        scheduled_names: The first ten of them, by name.
        canary_clients: How many clients are in the canary that would begin, or is in progress.
        canary_names: The first ten of them, by name.
        cost_per_hour: Of a run: its share of a host of the first pool that it fits and that has a
            price.
        run_seconds: How long the newest successful runs took, on average.
        measured_runs: How many these are, at most 100.
        cost_per_run: What such a run costs.
        cost_unknown: Why that is not known, empty when it is.

    """

    pools: list[PoolFit]
    dependants: list[str]
    dependant_schedules: list[DependantSchedule] | Unset = UNSET
    pinned_clients: int | Unset = 0
    pinned_names: list[str] | Unset = UNSET
    canary_clients: int | Unset = 0
    canary_names: list[str] | Unset = UNSET
    next_slots: list[SlotTime] | Unset = UNSET
    removes_schedule: bool | Unset = False
    scheduled_clients: int | Unset = 0
    scheduled_names: list[str] | Unset = UNSET
    cost_per_hour: float | None | Unset = UNSET
    run_seconds: float | None | Unset = UNSET
    measured_runs: int | Unset = 0
    cost_per_run: float | None | Unset = UNSET
    cost_unknown: str | Unset = ""
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.dependant_schedule import DependantSchedule  # noqa: PLC0415
        from ..models.pool_fit import PoolFit  # noqa: PLC0415
        from ..models.slot_time import SlotTime  # noqa: PLC0415

        pools = []
        for pools_item_data in self.pools:
            pools_item = pools_item_data.to_dict()
            pools.append(pools_item)

        dependants = self.dependants

        dependant_schedules: list[dict[str, Any]] | Unset = UNSET
        if not isinstance(self.dependant_schedules, Unset):
            dependant_schedules = []
            for dependant_schedules_item_data in self.dependant_schedules:
                dependant_schedules_item = dependant_schedules_item_data.to_dict()
                dependant_schedules.append(dependant_schedules_item)

        pinned_clients = self.pinned_clients

        pinned_names: list[str] | Unset = UNSET
        if not isinstance(self.pinned_names, Unset):
            pinned_names = self.pinned_names

        canary_clients = self.canary_clients

        canary_names: list[str] | Unset = UNSET
        if not isinstance(self.canary_names, Unset):
            canary_names = self.canary_names

        next_slots: list[dict[str, Any]] | Unset = UNSET
        if not isinstance(self.next_slots, Unset):
            next_slots = []
            for next_slots_item_data in self.next_slots:
                next_slots_item = next_slots_item_data.to_dict()
                next_slots.append(next_slots_item)

        removes_schedule = self.removes_schedule

        scheduled_clients = self.scheduled_clients

        scheduled_names: list[str] | Unset = UNSET
        if not isinstance(self.scheduled_names, Unset):
            scheduled_names = self.scheduled_names

        cost_per_hour: float | None | Unset
        if isinstance(self.cost_per_hour, Unset):
            cost_per_hour = UNSET
        else:
            cost_per_hour = self.cost_per_hour

        run_seconds: float | None | Unset
        if isinstance(self.run_seconds, Unset):
            run_seconds = UNSET
        else:
            run_seconds = self.run_seconds

        measured_runs = self.measured_runs

        cost_per_run: float | None | Unset
        if isinstance(self.cost_per_run, Unset):
            cost_per_run = UNSET
        else:
            cost_per_run = self.cost_per_run

        cost_unknown = self.cost_unknown

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "pools": pools,
                "dependants": dependants,
            }
        )
        if dependant_schedules is not UNSET:
            field_dict["dependant_schedules"] = dependant_schedules
        if pinned_clients is not UNSET:
            field_dict["pinned_clients"] = pinned_clients
        if pinned_names is not UNSET:
            field_dict["pinned_names"] = pinned_names
        if canary_clients is not UNSET:
            field_dict["canary_clients"] = canary_clients
        if canary_names is not UNSET:
            field_dict["canary_names"] = canary_names
        if next_slots is not UNSET:
            field_dict["next_slots"] = next_slots
        if removes_schedule is not UNSET:
            field_dict["removes_schedule"] = removes_schedule
        if scheduled_clients is not UNSET:
            field_dict["scheduled_clients"] = scheduled_clients
        if scheduled_names is not UNSET:
            field_dict["scheduled_names"] = scheduled_names
        if cost_per_hour is not UNSET:
            field_dict["cost_per_hour"] = cost_per_hour
        if run_seconds is not UNSET:
            field_dict["run_seconds"] = run_seconds
        if measured_runs is not UNSET:
            field_dict["measured_runs"] = measured_runs
        if cost_per_run is not UNSET:
            field_dict["cost_per_run"] = cost_per_run
        if cost_unknown is not UNSET:
            field_dict["cost_unknown"] = cost_unknown

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.dependant_schedule import DependantSchedule  # noqa: PLC0415
        from ..models.pool_fit import PoolFit  # noqa: PLC0415
        from ..models.slot_time import SlotTime  # noqa: PLC0415

        d = dict(src_dict)
        pools = []
        _pools = d.pop("pools")
        for pools_item_data in _pools:
            pools_item = PoolFit.from_dict(pools_item_data)

            pools.append(pools_item)

        dependants = cast(list[str], d.pop("dependants"))

        _dependant_schedules = d.pop("dependant_schedules", UNSET)
        dependant_schedules: list[DependantSchedule] | Unset = UNSET
        if _dependant_schedules is not UNSET:
            dependant_schedules = []
            for dependant_schedules_item_data in _dependant_schedules:
                dependant_schedules_item = DependantSchedule.from_dict(
                    dependant_schedules_item_data
                )

                dependant_schedules.append(dependant_schedules_item)

        pinned_clients = d.pop("pinned_clients", UNSET)

        pinned_names = cast(list[str], d.pop("pinned_names", UNSET))

        canary_clients = d.pop("canary_clients", UNSET)

        canary_names = cast(list[str], d.pop("canary_names", UNSET))

        _next_slots = d.pop("next_slots", UNSET)
        next_slots: list[SlotTime] | Unset = UNSET
        if _next_slots is not UNSET:
            next_slots = []
            for next_slots_item_data in _next_slots:
                next_slots_item = SlotTime.from_dict(next_slots_item_data)

                next_slots.append(next_slots_item)

        removes_schedule = d.pop("removes_schedule", UNSET)

        scheduled_clients = d.pop("scheduled_clients", UNSET)

        scheduled_names = cast(list[str], d.pop("scheduled_names", UNSET))

        def _parse_cost_per_hour(data: object) -> float | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(float | None | Unset, data)

        cost_per_hour = _parse_cost_per_hour(d.pop("cost_per_hour", UNSET))

        def _parse_run_seconds(data: object) -> float | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(float | None | Unset, data)

        run_seconds = _parse_run_seconds(d.pop("run_seconds", UNSET))

        measured_runs = d.pop("measured_runs", UNSET)

        def _parse_cost_per_run(data: object) -> float | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(float | None | Unset, data)

        cost_per_run = _parse_cost_per_run(d.pop("cost_per_run", UNSET))

        cost_unknown = d.pop("cost_unknown", UNSET)

        definition_plan = cls(
            pools=pools,
            dependants=dependants,
            dependant_schedules=dependant_schedules,
            pinned_clients=pinned_clients,
            pinned_names=pinned_names,
            canary_clients=canary_clients,
            canary_names=canary_names,
            next_slots=next_slots,
            removes_schedule=removes_schedule,
            scheduled_clients=scheduled_clients,
            scheduled_names=scheduled_names,
            cost_per_hour=cost_per_hour,
            run_seconds=run_seconds,
            measured_runs=measured_runs,
            cost_per_run=cost_per_run,
            cost_unknown=cost_unknown,
        )

        definition_plan.additional_properties = d
        return definition_plan

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
