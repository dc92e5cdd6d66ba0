from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..types import UNSET, Unset
from typing import cast

if TYPE_CHECKING:
    from ..models.client_selector_labels import ClientSelectorLabels


T = TypeVar("T", bound="ClientSelector")


@_attrs_define
class ClientSelector:
    """Which clients: those with all of the labels, or those that are named; all when empty."""

    labels: ClientSelectorLabels | Unset = UNSET
    names: list[str] | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        from ..models.client_selector_labels import ClientSelectorLabels  # noqa: PLC0415

        labels: dict[str, Any] | Unset = UNSET
        if not isinstance(self.labels, Unset):
            labels = self.labels.to_dict()

        names: list[str] | Unset = UNSET
        if not isinstance(self.names, Unset):
            names = self.names

        field_dict: dict[str, Any] = {}

        field_dict.update({})
        if labels is not UNSET:
            field_dict["labels"] = labels
        if names is not UNSET:
            field_dict["names"] = names

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.client_selector_labels import ClientSelectorLabels  # noqa: PLC0415

        d = dict(src_dict)
        _labels = d.pop("labels", UNSET)
        labels: ClientSelectorLabels | Unset
        if isinstance(_labels, Unset):
            labels = UNSET
        else:
            labels = ClientSelectorLabels.from_dict(_labels)

        names = cast(list[str], d.pop("names", UNSET))

        client_selector = cls(
            labels=labels,
            names=names,
        )

        return client_selector
