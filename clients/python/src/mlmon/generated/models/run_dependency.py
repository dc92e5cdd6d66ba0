from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.condition import Condition
from ..types import UNSET, Unset


T = TypeVar("T", bound="RunDependency")


@_attrs_define
class RunDependency:
    """An edge to a run that exists already."""

    run: str
    when: Condition | Unset = UNSET
    """ What an edge waits for; `finished` is any final state. """

    def to_dict(self) -> dict[str, Any]:
        run = self.run

        when: str | Unset = UNSET
        if not isinstance(self.when, Unset):
            when = self.when.value

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "run": run,
            }
        )
        if when is not UNSET:
            field_dict["when"] = when

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        run = d.pop("run")

        _when = d.pop("when", UNSET)
        when: Condition | Unset
        if isinstance(_when, Unset):
            when = UNSET
        else:
            when = Condition(_when)

        run_dependency = cls(
            run=run,
            when=when,
        )

        return run_dependency
