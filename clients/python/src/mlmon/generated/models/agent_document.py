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
    from ..models.agent_document_gpu_faults import AgentDocumentGpuFaults
    from ..models.agent_document_labels import AgentDocumentLabels
    from ..models.vector import Vector


T = TypeVar("T", bound="AgentDocument")


@_attrs_define
class AgentDocument:
    """An agent, as operators see it.

    Attributes:
        used: Sum over the attempts that it holds.
        held: Ids of the attempts that it holds.
        is_draining: It is granted nothing more: it stops, or an operator wants that.
        drained_by: The operator who wants that.
        quarantine_reason: Why it is granted nothing because of its host, until it is released.
        gpu_faults: Why devices of the host are given to no attempt, by their UUID; the host's
            others are.
        refusal: Why its host takes no new attempt for now, such as a disk that is nearly full.
        update_fault: Why it is not the release that its pool names.
        is_alive: Whether its last beat is recent enough.

    """

    id: str
    host: str
    pool: str
    runtime: str
    agent_version: str
    capacity: Vector
    """ Resources in the scheduler's units: thousandths of a core, bytes, whole GPUs, bytes. """
    used: Vector
    """ Resources in the scheduler's units: thousandths of a core, bytes, whole GPUs, bytes. """
    is_alive: bool
    registered_at: datetime.datetime
    beat_at: datetime.datetime
    labels: AgentDocumentLabels | Unset = UNSET
    held: list[str] | Unset = UNSET
    is_draining: bool | Unset = False
    drained_by: None | str | Unset = UNSET
    quarantine_reason: None | str | Unset = UNSET
    quarantined_at: datetime.datetime | None | Unset = UNSET
    gpu_faults: AgentDocumentGpuFaults | Unset = UNSET
    refusal: None | str | Unset = UNSET
    update_fault: None | str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.agent_document_gpu_faults import AgentDocumentGpuFaults  # noqa: PLC0415
        from ..models.agent_document_labels import AgentDocumentLabels  # noqa: PLC0415
        from ..models.vector import Vector  # noqa: PLC0415

        id = self.id

        host = self.host

        pool = self.pool

        runtime = self.runtime

        agent_version = self.agent_version

        capacity = self.capacity.to_dict()

        used = self.used.to_dict()

        is_alive = self.is_alive

        registered_at = self.registered_at.isoformat()

        beat_at = self.beat_at.isoformat()

        labels: dict[str, Any] | Unset = UNSET
        if not isinstance(self.labels, Unset):
            labels = self.labels.to_dict()

        held: list[str] | Unset = UNSET
        if not isinstance(self.held, Unset):
            held = self.held

        is_draining = self.is_draining

        drained_by: None | str | Unset
        if isinstance(self.drained_by, Unset):
            drained_by = UNSET
        else:
            drained_by = self.drained_by

        quarantine_reason: None | str | Unset
        if isinstance(self.quarantine_reason, Unset):
            quarantine_reason = UNSET
        else:
            quarantine_reason = self.quarantine_reason

        quarantined_at: None | str | Unset
        if isinstance(self.quarantined_at, Unset):
            quarantined_at = UNSET
        elif isinstance(self.quarantined_at, datetime.datetime):
            quarantined_at = self.quarantined_at.isoformat()
        else:
            quarantined_at = self.quarantined_at

        gpu_faults: dict[str, Any] | Unset = UNSET
        if not isinstance(self.gpu_faults, Unset):
            gpu_faults = self.gpu_faults.to_dict()

        refusal: None | str | Unset
        if isinstance(self.refusal, Unset):
            refusal = UNSET
        else:
            refusal = self.refusal

        update_fault: None | str | Unset
        if isinstance(self.update_fault, Unset):
            update_fault = UNSET
        else:
            update_fault = self.update_fault

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "host": host,
                "pool": pool,
                "runtime": runtime,
                "agent_version": agent_version,
                "capacity": capacity,
                "used": used,
                "is_alive": is_alive,
                "registered_at": registered_at,
                "beat_at": beat_at,
            }
        )
        if labels is not UNSET:
            field_dict["labels"] = labels
        if held is not UNSET:
            field_dict["held"] = held
        if is_draining is not UNSET:
            field_dict["is_draining"] = is_draining
        if drained_by is not UNSET:
            field_dict["drained_by"] = drained_by
        if quarantine_reason is not UNSET:
            field_dict["quarantine_reason"] = quarantine_reason
        if quarantined_at is not UNSET:
            field_dict["quarantined_at"] = quarantined_at
        if gpu_faults is not UNSET:
            field_dict["gpu_faults"] = gpu_faults
        if refusal is not UNSET:
            field_dict["refusal"] = refusal
        if update_fault is not UNSET:
            field_dict["update_fault"] = update_fault

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.agent_document_gpu_faults import AgentDocumentGpuFaults  # noqa: PLC0415
        from ..models.agent_document_labels import AgentDocumentLabels  # noqa: PLC0415
        from ..models.vector import Vector  # noqa: PLC0415

        d = dict(src_dict)
        id = d.pop("id")

        host = d.pop("host")

        pool = d.pop("pool")

        runtime = d.pop("runtime")

        agent_version = d.pop("agent_version")

        capacity = Vector.from_dict(d.pop("capacity"))

        used = Vector.from_dict(d.pop("used"))

        is_alive = d.pop("is_alive")

        registered_at = datetime.datetime.fromisoformat(d.pop("registered_at"))

        beat_at = datetime.datetime.fromisoformat(d.pop("beat_at"))

        _labels = d.pop("labels", UNSET)
        labels: AgentDocumentLabels | Unset
        if isinstance(_labels, Unset):
            labels = UNSET
        else:
            labels = AgentDocumentLabels.from_dict(_labels)

        held = cast(list[str], d.pop("held", UNSET))

        is_draining = d.pop("is_draining", UNSET)

        def _parse_drained_by(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        drained_by = _parse_drained_by(d.pop("drained_by", UNSET))

        def _parse_quarantine_reason(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        quarantine_reason = _parse_quarantine_reason(d.pop("quarantine_reason", UNSET))

        def _parse_quarantined_at(data: object) -> datetime.datetime | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                quarantined_at_type_0 = datetime.datetime.fromisoformat(data)

                return quarantined_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None | Unset, data)

        quarantined_at = _parse_quarantined_at(d.pop("quarantined_at", UNSET))

        _gpu_faults = d.pop("gpu_faults", UNSET)
        gpu_faults: AgentDocumentGpuFaults | Unset
        if isinstance(_gpu_faults, Unset):
            gpu_faults = UNSET
        else:
            gpu_faults = AgentDocumentGpuFaults.from_dict(_gpu_faults)

        def _parse_refusal(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        refusal = _parse_refusal(d.pop("refusal", UNSET))

        def _parse_update_fault(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        update_fault = _parse_update_fault(d.pop("update_fault", UNSET))

        agent_document = cls(
            id=id,
            host=host,
            pool=pool,
            runtime=runtime,
            agent_version=agent_version,
            capacity=capacity,
            used=used,
            is_alive=is_alive,
            registered_at=registered_at,
            beat_at=beat_at,
            labels=labels,
            held=held,
            is_draining=is_draining,
            drained_by=drained_by,
            quarantine_reason=quarantine_reason,
            quarantined_at=quarantined_at,
            gpu_faults=gpu_faults,
            refusal=refusal,
            update_fault=update_fault,
        )

        agent_document.additional_properties = d
        return agent_document

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
