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
    from ..models.skipped_client import SkippedClient


T = TypeVar("T", bound="FiringDocument")


@_attrs_define
class FiringDocument:
    """What a slot of a schedule came to.

    Attributes:
        slot: The moment that it stands for.
        fired_at: When its runs were submitted; long after the slot if that was missed.
        batch: The batch of its runs; None when there are none.
        runs: How many.
        skipped: Some of the clients for which it started nothing.
        skipped_count: How many there are.

    """

    job: str
    slot: datetime.datetime
    fired_at: datetime.datetime
    batch: None | str | Unset = UNSET
    runs: int | Unset = 0
    skipped: list[SkippedClient] | Unset = UNSET
    skipped_count: int | Unset = 0
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.skipped_client import SkippedClient  # noqa: PLC0415

        job = self.job

        slot = self.slot.isoformat()

        fired_at = self.fired_at.isoformat()

        batch: None | str | Unset
        if isinstance(self.batch, Unset):
            batch = UNSET
        else:
            batch = self.batch

        runs = self.runs

        skipped: list[dict[str, Any]] | Unset = UNSET
        if not isinstance(self.skipped, Unset):
            skipped = []
            for skipped_item_data in self.skipped:
                skipped_item = skipped_item_data.to_dict()
                skipped.append(skipped_item)

        skipped_count = self.skipped_count

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "job": job,
                "slot": slot,
                "fired_at": fired_at,
            }
        )
        if batch is not UNSET:
            field_dict["batch"] = batch
        if runs is not UNSET:
            field_dict["runs"] = runs
        if skipped is not UNSET:
            field_dict["skipped"] = skipped
        if skipped_count is not UNSET:
            field_dict["skipped_count"] = skipped_count

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.skipped_client import SkippedClient  # noqa: PLC0415

        d = dict(src_dict)
        job = d.pop("job")

        slot = datetime.datetime.fromisoformat(d.pop("slot"))

        fired_at = datetime.datetime.fromisoformat(d.pop("fired_at"))

        def _parse_batch(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        batch = _parse_batch(d.pop("batch", UNSET))

        runs = d.pop("runs", UNSET)

        _skipped = d.pop("skipped", UNSET)
        skipped: list[SkippedClient] | Unset = UNSET
        if _skipped is not UNSET:
            skipped = []
            for skipped_item_data in _skipped:
                skipped_item = SkippedClient.from_dict(skipped_item_data)

                skipped.append(skipped_item)

        skipped_count = d.pop("skipped_count", UNSET)

        firing_document = cls(
            job=job,
            slot=slot,
            fired_at=fired_at,
            batch=batch,
            runs=runs,
            skipped=skipped,
            skipped_count=skipped_count,
        )

        firing_document.additional_properties = d
        return firing_document

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
