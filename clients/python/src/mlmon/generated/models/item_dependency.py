from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.condition import Condition
from ..types import UNSET, Unset
from typing import cast


T = TypeVar("T", bound="ItemDependency")


@_attrs_define
class ItemDependency:
    """An edge to another item of the batch (`key`) or to a run that exists already (`run`)."""

    key: None | str | Unset = UNSET
    run: None | str | Unset = UNSET
    when: Condition | Unset = UNSET
    """ What an edge waits for; `finished` is any final state. """

    def to_dict(self) -> dict[str, Any]:
        key: None | str | Unset
        if isinstance(self.key, Unset):
            key = UNSET
        else:
            key = self.key

        run: None | str | Unset
        if isinstance(self.run, Unset):
            run = UNSET
        else:
            run = self.run

        when: str | Unset = UNSET
        if not isinstance(self.when, Unset):
            when = self.when.value

        field_dict: dict[str, Any] = {}

        field_dict.update({})
        if key is not UNSET:
            field_dict["key"] = key
        if run is not UNSET:
            field_dict["run"] = run
        if when is not UNSET:
            field_dict["when"] = when

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)

        def _parse_key(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        key = _parse_key(d.pop("key", UNSET))

        def _parse_run(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        run = _parse_run(d.pop("run", UNSET))

        _when = d.pop("when", UNSET)
        when: Condition | Unset
        if isinstance(_when, Unset):
            when = UNSET
        else:
            when = Condition(_when)

        item_dependency = cls(
            key=key,
            run=run,
            when=when,
        )

        return item_dependency
