from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..types import UNSET, Unset
from typing import cast

if TYPE_CHECKING:
    from ..models.batch_item import BatchItem
    from ..models.batch_submission_labels import BatchSubmissionLabels


T = TypeVar("T", bound="BatchSubmission")


@_attrs_define
class BatchSubmission:
    """A request for many runs at once: all of them are taken, or none."""

    items: list[BatchItem]
    name: str | Unset = ""
    labels: BatchSubmissionLabels | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        from ..models.batch_item import BatchItem  # noqa: PLC0415
        from ..models.batch_submission_labels import BatchSubmissionLabels  # noqa: PLC0415

        items = []
        for items_item_data in self.items:
            items_item = items_item_data.to_dict()
            items.append(items_item)

        name = self.name

        labels: dict[str, Any] | Unset = UNSET
        if not isinstance(self.labels, Unset):
            labels = self.labels.to_dict()

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "items": items,
            }
        )
        if name is not UNSET:
            field_dict["name"] = name
        if labels is not UNSET:
            field_dict["labels"] = labels

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.batch_item import BatchItem  # noqa: PLC0415
        from ..models.batch_submission_labels import BatchSubmissionLabels  # noqa: PLC0415

        d = dict(src_dict)
        items = []
        _items = d.pop("items")
        for items_item_data in _items:
            items_item = BatchItem.from_dict(items_item_data)

            items.append(items_item)

        name = d.pop("name", UNSET)

        _labels = d.pop("labels", UNSET)
        labels: BatchSubmissionLabels | Unset
        if isinstance(_labels, Unset):
            labels = UNSET
        else:
            labels = BatchSubmissionLabels.from_dict(_labels)

        batch_submission = cls(
            items=items,
            name=name,
            labels=labels,
        )

        return batch_submission
