from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.output_kind import OutputKind
from ..types import UNSET, Unset


T = TypeVar("T", bound="Output")


@_attrs_define
class Output:
    """A file in the output folder; unless it is a checkpoint, a success must have left it."""

    path: str
    kind: OutputKind | Unset = UNSET
    """ What becomes of an output.

    `metrics` files are JSON objects whose numbers become the run's metrics. A `checkpoint` is not
    published: of an attempt that does not succeed it is kept, and given to the run's next one. """

    def to_dict(self) -> dict[str, Any]:
        path = self.path

        kind: str | Unset = UNSET
        if not isinstance(self.kind, Unset):
            kind = self.kind.value

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "path": path,
            }
        )
        if kind is not UNSET:
            field_dict["kind"] = kind

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        path = d.pop("path")

        _kind = d.pop("kind", UNSET)
        kind: OutputKind | Unset
        if isinstance(_kind, Unset):
            kind = UNSET
        else:
            kind = OutputKind(_kind)

        output = cls(
            path=path,
            kind=kind,
        )

        return output
