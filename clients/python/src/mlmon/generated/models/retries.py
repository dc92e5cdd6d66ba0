from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..types import UNSET, Unset
from typing import cast


T = TypeVar("T", bound="Retries")


@_attrs_define
class Retries:
    """How often a run is tried again.

    Attributes:
        infra: Further attempts after causes that are not the command's fault.
        user: Further attempts after the command failed by itself.
        rules: Looked through top-down before the budgets' defaults.
        memory_on_oom: A run that needed more memory than it may use is tried again with that
            multiple of it, whatever the budgets, as long as it fits a host.

    """

    infra: int | Unset = 3
    user: int | Unset = 0
    rules: list[Any] | Unset = UNSET
    memory_on_oom: float | None | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        infra = self.infra

        user = self.user

        rules: list[Any] | Unset = UNSET
        if not isinstance(self.rules, Unset):
            rules = []
            for rules_item_data in self.rules:
                rules_item: Any
                rules_item = rules_item_data
                rules.append(rules_item)

        memory_on_oom: float | None | Unset
        if isinstance(self.memory_on_oom, Unset):
            memory_on_oom = UNSET
        else:
            memory_on_oom = self.memory_on_oom

        field_dict: dict[str, Any] = {}

        field_dict.update({})
        if infra is not UNSET:
            field_dict["infra"] = infra
        if user is not UNSET:
            field_dict["user"] = user
        if rules is not UNSET:
            field_dict["rules"] = rules
        if memory_on_oom is not UNSET:
            field_dict["memory_on_oom"] = memory_on_oom

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        infra = d.pop("infra", UNSET)

        user = d.pop("user", UNSET)

        _rules = d.pop("rules", UNSET)
        rules: list[Any] | Unset = UNSET
        if _rules is not UNSET:
            rules = []
            for rules_item_data in _rules:

                def _parse_rules_item(data: object) -> Any:
                    return cast(Any, data)

                rules_item = _parse_rules_item(rules_item_data)

                rules.append(rules_item)

        def _parse_memory_on_oom(data: object) -> float | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(float | None | Unset, data)

        memory_on_oom = _parse_memory_on_oom(d.pop("memory_on_oom", UNSET))

        retries = cls(
            infra=infra,
            user=user,
            rules=rules,
            memory_on_oom=memory_on_oom,
        )

        return retries
