from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.batch_state import BatchState
from ..models.run_state import RunState
from ..types import UNSET, Unset
from typing import cast
import datetime

if TYPE_CHECKING:
    from ..models.batch_document_counts import BatchDocumentCounts
    from ..models.batch_document_labels import BatchDocumentLabels


T = TypeVar("T", bound="BatchDocument")


@_attrs_define
class BatchDocument:
    """A batch as a whole.

    Attributes:
        total: How many runs it has.
        counts: Runs by state; states without a run are left out.
        is_cancelling: Whether runs are still to be cancelled; it goes on by itself.
        is_changing: Whether runs are still to be held, released or given another priority; it
            goes on by itself, too.
        outcome: Once finished: `succeeded` when every run did, `cancelled` when one was
            cancelled and none failed, else `failed`.

    """

    id: str
    state: BatchState
    """ A batch is `finished` once it is loaded and every run of it is final. """
    total: int
    created_at: datetime.datetime
    name: str | Unset = ""
    outcome: None | RunState | Unset = UNSET
    is_cancelling: bool | Unset = False
    is_changing: bool | Unset = False
    counts: BatchDocumentCounts | Unset = UNSET
    labels: BatchDocumentLabels | Unset = UNSET
    finished_at: datetime.datetime | None | Unset = UNSET
    submitted_by: None | str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.batch_document_counts import BatchDocumentCounts  # noqa: PLC0415
        from ..models.batch_document_labels import BatchDocumentLabels  # noqa: PLC0415

        id = self.id

        state = self.state.value

        total = self.total

        created_at = self.created_at.isoformat()

        name = self.name

        outcome: None | str | Unset
        if isinstance(self.outcome, Unset):
            outcome = UNSET
        elif isinstance(self.outcome, RunState):
            outcome = self.outcome.value
        else:
            outcome = self.outcome

        is_cancelling = self.is_cancelling

        is_changing = self.is_changing

        counts: dict[str, Any] | Unset = UNSET
        if not isinstance(self.counts, Unset):
            counts = self.counts.to_dict()

        labels: dict[str, Any] | Unset = UNSET
        if not isinstance(self.labels, Unset):
            labels = self.labels.to_dict()

        finished_at: None | str | Unset
        if isinstance(self.finished_at, Unset):
            finished_at = UNSET
        elif isinstance(self.finished_at, datetime.datetime):
            finished_at = self.finished_at.isoformat()
        else:
            finished_at = self.finished_at

        submitted_by: None | str | Unset
        if isinstance(self.submitted_by, Unset):
            submitted_by = UNSET
        else:
            submitted_by = self.submitted_by

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "state": state,
                "total": total,
                "created_at": created_at,
            }
        )
        if name is not UNSET:
            field_dict["name"] = name
        if outcome is not UNSET:
            field_dict["outcome"] = outcome
        if is_cancelling is not UNSET:
            field_dict["is_cancelling"] = is_cancelling
        if is_changing is not UNSET:
            field_dict["is_changing"] = is_changing
        if counts is not UNSET:
            field_dict["counts"] = counts
        if labels is not UNSET:
            field_dict["labels"] = labels
        if finished_at is not UNSET:
            field_dict["finished_at"] = finished_at
        if submitted_by is not UNSET:
            field_dict["submitted_by"] = submitted_by

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.batch_document_counts import BatchDocumentCounts  # noqa: PLC0415
        from ..models.batch_document_labels import BatchDocumentLabels  # noqa: PLC0415

        d = dict(src_dict)
        id = d.pop("id")

        state = BatchState(d.pop("state"))

        total = d.pop("total")

        created_at = datetime.datetime.fromisoformat(d.pop("created_at"))

        name = d.pop("name", UNSET)

        def _parse_outcome(data: object) -> None | RunState | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                outcome_type_0 = RunState(data)

                return outcome_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | RunState | Unset, data)

        outcome = _parse_outcome(d.pop("outcome", UNSET))

        is_cancelling = d.pop("is_cancelling", UNSET)

        is_changing = d.pop("is_changing", UNSET)

        _counts = d.pop("counts", UNSET)
        counts: BatchDocumentCounts | Unset
        if isinstance(_counts, Unset):
            counts = UNSET
        else:
            counts = BatchDocumentCounts.from_dict(_counts)

        _labels = d.pop("labels", UNSET)
        labels: BatchDocumentLabels | Unset
        if isinstance(_labels, Unset):
            labels = UNSET
        else:
            labels = BatchDocumentLabels.from_dict(_labels)

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

        def _parse_submitted_by(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        submitted_by = _parse_submitted_by(d.pop("submitted_by", UNSET))

        batch_document = cls(
            id=id,
            state=state,
            total=total,
            created_at=created_at,
            name=name,
            outcome=outcome,
            is_cancelling=is_cancelling,
            is_changing=is_changing,
            counts=counts,
            labels=labels,
            finished_at=finished_at,
            submitted_by=submitted_by,
        )

        batch_document.additional_properties = d
        return batch_document

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
