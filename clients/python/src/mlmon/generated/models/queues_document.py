from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..types import UNSET, Unset
from typing import cast
import datetime

if TYPE_CHECKING:
    from ..models.gate_document import GateDocument
    from ..models.queue_document import QueueDocument


T = TypeVar("T", bound="QueuesDocument")


@_attrs_define
class QueuesDocument:
    """What waits, at one moment.

    Attributes:
        queues: The most urgent lane first, then the longest.
        gates: With parked runs, the most first.
        delayed: Runs that wait for a time.
        live: Runs that are not final, whatever they wait for, those that run among them.
        memory_share: Of the store's memory, 0 where it has no limit; from 0.8 on nothing new is
            taken.

    """

    delayed: int
    live: int
    as_of: datetime.datetime
    queues: list[QueueDocument] | Unset = UNSET
    gates: list[GateDocument] | Unset = UNSET
    memory_share: float | Unset = 0.0
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.gate_document import GateDocument  # noqa: PLC0415
        from ..models.queue_document import QueueDocument  # noqa: PLC0415

        delayed = self.delayed

        live = self.live

        as_of = self.as_of.isoformat()

        queues: list[dict[str, Any]] | Unset = UNSET
        if not isinstance(self.queues, Unset):
            queues = []
            for queues_item_data in self.queues:
                queues_item = queues_item_data.to_dict()
                queues.append(queues_item)

        gates: list[dict[str, Any]] | Unset = UNSET
        if not isinstance(self.gates, Unset):
            gates = []
            for gates_item_data in self.gates:
                gates_item = gates_item_data.to_dict()
                gates.append(gates_item)

        memory_share = self.memory_share

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "delayed": delayed,
                "live": live,
                "as_of": as_of,
            }
        )
        if queues is not UNSET:
            field_dict["queues"] = queues
        if gates is not UNSET:
            field_dict["gates"] = gates
        if memory_share is not UNSET:
            field_dict["memory_share"] = memory_share

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.gate_document import GateDocument  # noqa: PLC0415
        from ..models.queue_document import QueueDocument  # noqa: PLC0415

        d = dict(src_dict)
        delayed = d.pop("delayed")

        live = d.pop("live")

        as_of = datetime.datetime.fromisoformat(d.pop("as_of"))

        _queues = d.pop("queues", UNSET)
        queues: list[QueueDocument] | Unset = UNSET
        if _queues is not UNSET:
            queues = []
            for queues_item_data in _queues:
                queues_item = QueueDocument.from_dict(queues_item_data)

                queues.append(queues_item)

        _gates = d.pop("gates", UNSET)
        gates: list[GateDocument] | Unset = UNSET
        if _gates is not UNSET:
            gates = []
            for gates_item_data in _gates:
                gates_item = GateDocument.from_dict(gates_item_data)

                gates.append(gates_item)

        memory_share = d.pop("memory_share", UNSET)

        queues_document = cls(
            delayed=delayed,
            live=live,
            as_of=as_of,
            queues=queues,
            gates=gates,
            memory_share=memory_share,
        )

        queues_document.additional_properties = d
        return queues_document

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
