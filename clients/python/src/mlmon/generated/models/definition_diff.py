from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from typing import cast

if TYPE_CHECKING:
    from ..models.version_origin import VersionOrigin


T = TypeVar("T", bound="DefinitionDiff")


@_attrs_define
class DefinitionDiff:
    """What changed from one version of a job definition to another.

    Attributes:
        diff: Unified diff of the canonical YAML, empty when both say the same.

    """

    name: str
    old: VersionOrigin
    """ Who made a version of a job definition, and when. """
    new: VersionOrigin
    """ Who made a version of a job definition, and when. """
    diff: str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.version_origin import VersionOrigin  # noqa: PLC0415

        name = self.name

        old = self.old.to_dict()

        new = self.new.to_dict()

        diff = self.diff

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "name": name,
                "old": old,
                "new": new,
                "diff": diff,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.version_origin import VersionOrigin  # noqa: PLC0415

        d = dict(src_dict)
        name = d.pop("name")

        old = VersionOrigin.from_dict(d.pop("old"))

        new = VersionOrigin.from_dict(d.pop("new"))

        diff = d.pop("diff")

        definition_diff = cls(
            name=name,
            old=old,
            new=new,
            diff=diff,
        )

        definition_diff.additional_properties = d
        return definition_diff

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
