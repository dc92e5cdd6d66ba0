from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.attempt_state import AttemptState
from ..models.cause import Cause
from ..types import UNSET, Unset
from typing import cast
import datetime

if TYPE_CHECKING:
    from ..models.attempt_document_phases import AttemptDocumentPhases
    from ..models.usage import Usage


T = TypeVar("T", bound="AttemptDocument")


@_attrs_define
class AttemptDocument:
    """One try of a run.

    Attributes:
        id: `<run>.<number>`.
        agent: The agent's id.
        image: What it ran: `<repository>@sha256:…` of an image that came from a registry, else
            the engine's own id, `sha256:…`; none as a plain process.
        detail: What it does within its phase, such as how far the pull of its image is.
        phases: Seconds that each finished phase took.
        progress: 0 to 1, as the command last printed it.

    """

    id: str
    number: int
    state: AttemptState
    """ Where an attempt is; the last six are final. """
    agent: str
    host: str
    pool: str
    fence: str
    granted_at: datetime.datetime
    accepted_at: datetime.datetime | None | Unset = UNSET
    finished_at: datetime.datetime | None | Unset = UNSET
    cause: Cause | None | Unset = UNSET
    exit_code: int | None | Unset = UNSET
    reason: None | str | Unset = UNSET
    image: None | str | Unset = UNSET
    detail: None | str | Unset = UNSET
    phases: AttemptDocumentPhases | Unset = UNSET
    progress: float | None | Unset = UNSET
    usage: Usage | Unset = UNSET
    """ What an attempt used; None where nobody can tell.

    Attributes:
        peak_memory: Bytes that were resident at once, at most.
        mean_memory: The same, over its time.
        cpu_seconds: Core-seconds of processor time.
        peak_cpu: Cores, in its busiest second.
        mean_cpu: Cores, over its time.
        peak_disk: Bytes of scratch space that it took at most, as far as that was measured.
        disk_read: Bytes from block devices.
        disk_written: Bytes to them.
        network_received: Bytes; of a network of its own.
        network_sent: Likewise.
        mean_gpu: Share of its time in which its GPUs computed, 0 to 1.
        peak_gpu_memory: Bytes in use on all of its GPUs at once, at most.
        log_bytes: Written to standard output and error. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.attempt_document_phases import AttemptDocumentPhases  # noqa: PLC0415
        from ..models.usage import Usage  # noqa: PLC0415

        id = self.id

        number = self.number

        state = self.state.value

        agent = self.agent

        host = self.host

        pool = self.pool

        fence = self.fence

        granted_at = self.granted_at.isoformat()

        accepted_at: None | str | Unset
        if isinstance(self.accepted_at, Unset):
            accepted_at = UNSET
        elif isinstance(self.accepted_at, datetime.datetime):
            accepted_at = self.accepted_at.isoformat()
        else:
            accepted_at = self.accepted_at

        finished_at: None | str | Unset
        if isinstance(self.finished_at, Unset):
            finished_at = UNSET
        elif isinstance(self.finished_at, datetime.datetime):
            finished_at = self.finished_at.isoformat()
        else:
            finished_at = self.finished_at

        cause: None | str | Unset
        if isinstance(self.cause, Unset):
            cause = UNSET
        elif isinstance(self.cause, Cause):
            cause = self.cause.value
        else:
            cause = self.cause

        exit_code: int | None | Unset
        if isinstance(self.exit_code, Unset):
            exit_code = UNSET
        else:
            exit_code = self.exit_code

        reason: None | str | Unset
        if isinstance(self.reason, Unset):
            reason = UNSET
        else:
            reason = self.reason

        image: None | str | Unset
        if isinstance(self.image, Unset):
            image = UNSET
        else:
            image = self.image

        detail: None | str | Unset
        if isinstance(self.detail, Unset):
            detail = UNSET
        else:
            detail = self.detail

        phases: dict[str, Any] | Unset = UNSET
        if not isinstance(self.phases, Unset):
            phases = self.phases.to_dict()

        progress: float | None | Unset
        if isinstance(self.progress, Unset):
            progress = UNSET
        else:
            progress = self.progress

        usage: dict[str, Any] | Unset = UNSET
        if not isinstance(self.usage, Unset):
            usage = self.usage.to_dict()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "number": number,
                "state": state,
                "agent": agent,
                "host": host,
                "pool": pool,
                "fence": fence,
                "granted_at": granted_at,
            }
        )
        if accepted_at is not UNSET:
            field_dict["accepted_at"] = accepted_at
        if finished_at is not UNSET:
            field_dict["finished_at"] = finished_at
        if cause is not UNSET:
            field_dict["cause"] = cause
        if exit_code is not UNSET:
            field_dict["exit_code"] = exit_code
        if reason is not UNSET:
            field_dict["reason"] = reason
        if image is not UNSET:
            field_dict["image"] = image
        if detail is not UNSET:
            field_dict["detail"] = detail
        if phases is not UNSET:
            field_dict["phases"] = phases
        if progress is not UNSET:
            field_dict["progress"] = progress
        if usage is not UNSET:
            field_dict["usage"] = usage

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.attempt_document_phases import AttemptDocumentPhases  # noqa: PLC0415
        from ..models.usage import Usage  # noqa: PLC0415

        d = dict(src_dict)
        id = d.pop("id")

        number = d.pop("number")

        state = AttemptState(d.pop("state"))

        agent = d.pop("agent")

        host = d.pop("host")

        pool = d.pop("pool")

        fence = d.pop("fence")

        granted_at = datetime.datetime.fromisoformat(d.pop("granted_at"))

        def _parse_accepted_at(data: object) -> datetime.datetime | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                accepted_at_type_0 = datetime.datetime.fromisoformat(data)

                return accepted_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None | Unset, data)

        accepted_at = _parse_accepted_at(d.pop("accepted_at", UNSET))

        def _parse_finished_at(data: object) -> datetime.datetime | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                finished_at_type_0 = datetime.datetime.fromisoformat(data)

                return finished_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None | Unset, data)

        finished_at = _parse_finished_at(d.pop("finished_at", UNSET))

        def _parse_cause(data: object) -> Cause | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                cause_type_0 = Cause(data)

                return cause_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(Cause | None | Unset, data)

        cause = _parse_cause(d.pop("cause", UNSET))

        def _parse_exit_code(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        exit_code = _parse_exit_code(d.pop("exit_code", UNSET))

        def _parse_reason(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        reason = _parse_reason(d.pop("reason", UNSET))

        def _parse_image(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        image = _parse_image(d.pop("image", UNSET))

        def _parse_detail(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        detail = _parse_detail(d.pop("detail", UNSET))

        _phases = d.pop("phases", UNSET)
        phases: AttemptDocumentPhases | Unset
        if isinstance(_phases, Unset):
            phases = UNSET
        else:
            phases = AttemptDocumentPhases.from_dict(_phases)

        def _parse_progress(data: object) -> float | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(float | None | Unset, data)

        progress = _parse_progress(d.pop("progress", UNSET))

        _usage = d.pop("usage", UNSET)
        usage: Usage | Unset
        if isinstance(_usage, Unset):
            usage = UNSET
        else:
            usage = Usage.from_dict(_usage)

        attempt_document = cls(
            id=id,
            number=number,
            state=state,
            agent=agent,
            host=host,
            pool=pool,
            fence=fence,
            granted_at=granted_at,
            accepted_at=accepted_at,
            finished_at=finished_at,
            cause=cause,
            exit_code=exit_code,
            reason=reason,
            image=image,
            detail=detail,
            phases=phases,
            progress=progress,
            usage=usage,
        )

        attempt_document.additional_properties = d
        return attempt_document

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
