from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..types import UNSET, Unset
from typing import cast

if TYPE_CHECKING:
    from ..models.requirements_labels import RequirementsLabels


T = TypeVar("T", bound="Requirements")


@_attrs_define
class Requirements:
    """What a host must have beside room: agents' labels, all of them with that value."""

    labels: RequirementsLabels | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        from ..models.requirements_labels import RequirementsLabels  # noqa: PLC0415

        labels: dict[str, Any] | Unset = UNSET
        if not isinstance(self.labels, Unset):
            labels = self.labels.to_dict()

        field_dict: dict[str, Any] = {}

        field_dict.update({})
        if labels is not UNSET:
            field_dict["labels"] = labels

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.requirements_labels import RequirementsLabels  # noqa: PLC0415

        d = dict(src_dict)
        _labels = d.pop("labels", UNSET)
        labels: RequirementsLabels | Unset
        if isinstance(_labels, Unset):
            labels = UNSET
        else:
            labels = RequirementsLabels.from_dict(_labels)

        requirements = cls(
            labels=labels,
        )

        return requirements
