from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.hindrance_kind import HindranceKind
from ..types import UNSET, Unset
from typing import cast


T = TypeVar("T", bound="Hindrance")


@_attrs_define
class Hindrance:
    """One thing that keeps the run from starting.

    Attributes:
        detail: One sentence, with what can be done about it where something can.
        run: The run that is waited for.
        gate: The gate that is full: `job:<job>`, `client:<client>:<job>`, `resource:<name>`.

    """

    kind: HindranceKind
    """ What can keep a run from starting. """
    detail: str
    run: None | str | Unset = UNSET
    gate: None | str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        kind = self.kind.value

        detail = self.detail

        run: None | str | Unset
        if isinstance(self.run, Unset):
            run = UNSET
        else:
            run = self.run

        gate: None | str | Unset
        if isinstance(self.gate, Unset):
            gate = UNSET
        else:
            gate = self.gate

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "kind": kind,
                "detail": detail,
            }
        )
        if run is not UNSET:
            field_dict["run"] = run
        if gate is not UNSET:
            field_dict["gate"] = gate

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        kind = HindranceKind(d.pop("kind"))

        detail = d.pop("detail")

        def _parse_run(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        run = _parse_run(d.pop("run", UNSET))

        def _parse_gate(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        gate = _parse_gate(d.pop("gate", UNSET))

        hindrance = cls(
            kind=kind,
            detail=detail,
            run=run,
            gate=gate,
        )

        hindrance.additional_properties = d
        return hindrance

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
