from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.lane import Lane
from ..types import UNSET, Unset
from typing import cast


T = TypeVar("T", bound="QueueDocument")


@_attrs_define
class QueueDocument:
    """Runs that wait for an agent, by the pools that they may take and their lane.

    Attributes:
        pools: The preferred first; empty for any.
        queued: Runs.
        clients: Whose runs they are.

    """

    lane: Lane
    """ Priority classes: `critical` goes before all; the others share, 64 : 16 : 4 : 1. """
    queued: int
    clients: int
    pools: list[str] | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        lane = self.lane.value

        queued = self.queued

        clients = self.clients

        pools: list[str] | Unset = UNSET
        if not isinstance(self.pools, Unset):
            pools = self.pools

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "lane": lane,
                "queued": queued,
                "clients": clients,
            }
        )
        if pools is not UNSET:
            field_dict["pools"] = pools

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        lane = Lane(d.pop("lane"))

        queued = d.pop("queued")

        clients = d.pop("clients")

        pools = cast(list[str], d.pop("pools", UNSET))

        queue_document = cls(
            lane=lane,
            queued=queued,
            clients=clients,
            pools=pools,
        )

        queue_document.additional_properties = d
        return queue_document

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
