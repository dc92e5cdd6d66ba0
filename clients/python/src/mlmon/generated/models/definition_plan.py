from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..types import UNSET, Unset
from typing import cast

if TYPE_CHECKING:
    from ..models.pool_fit import PoolFit
    from ..models.slot_time import SlotTime


T = TypeVar("T", bound="DefinitionPlan")


@_attrs_define
class DefinitionPlan:
    """What saving a definition would concern.

    Attributes:
        pools: Those that the job may run in, in its order of preference.
        dependants: Other jobs that depend on this one or take its artifacts, by name.
        pinned_clients: How many clients are pinned to a version of the job, and keep it.
        next_slots: Of its schedule, the next 20.
        scheduled_clients: How many clients the schedule selects now.
        canary_clients: How many clients are in the canary that would begin, or is in progress.

    """

    pools: list[PoolFit]
    dependants: list[str]
    pinned_clients: int | Unset = 0
    canary_clients: int | Unset = 0
    next_slots: list[SlotTime] | Unset = UNSET
    scheduled_clients: int | Unset = 0
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.pool_fit import PoolFit  # noqa: PLC0415
        from ..models.slot_time import SlotTime  # noqa: PLC0415

        pools = []
        for pools_item_data in self.pools:
            pools_item = pools_item_data.to_dict()
            pools.append(pools_item)

        dependants = self.dependants

        pinned_clients = self.pinned_clients

        canary_clients = self.canary_clients

        next_slots: list[dict[str, Any]] | Unset = UNSET
        if not isinstance(self.next_slots, Unset):
            next_slots = []
            for next_slots_item_data in self.next_slots:
                next_slots_item = next_slots_item_data.to_dict()
                next_slots.append(next_slots_item)

        scheduled_clients = self.scheduled_clients

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "pools": pools,
                "dependants": dependants,
            }
        )
        if pinned_clients is not UNSET:
            field_dict["pinned_clients"] = pinned_clients
        if canary_clients is not UNSET:
            field_dict["canary_clients"] = canary_clients
        if next_slots is not UNSET:
            field_dict["next_slots"] = next_slots
        if scheduled_clients is not UNSET:
            field_dict["scheduled_clients"] = scheduled_clients

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.pool_fit import PoolFit  # noqa: PLC0415
        from ..models.slot_time import SlotTime  # noqa: PLC0415

        d = dict(src_dict)
        pools = []
        _pools = d.pop("pools")
        for pools_item_data in _pools:
            pools_item = PoolFit.from_dict(pools_item_data)

            pools.append(pools_item)

        dependants = cast(list[str], d.pop("dependants"))

        pinned_clients = d.pop("pinned_clients", UNSET)

        canary_clients = d.pop("canary_clients", UNSET)

        _next_slots = d.pop("next_slots", UNSET)
        next_slots: list[SlotTime] | Unset = UNSET
        if _next_slots is not UNSET:
            next_slots = []
            for next_slots_item_data in _next_slots:
                next_slots_item = SlotTime.from_dict(next_slots_item_data)

                next_slots.append(next_slots_item)

        scheduled_clients = d.pop("scheduled_clients", UNSET)

        definition_plan = cls(
            pools=pools,
            dependants=dependants,
            pinned_clients=pinned_clients,
            canary_clients=canary_clients,
            next_slots=next_slots,
            scheduled_clients=scheduled_clients,
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
