from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from typing import Literal, cast


T = TypeVar("T", bound="JobDefinitionJoinType2")


@_attrs_define
class JobDefinitionJoinType2:
    """Deprecated: {n_of: 1} is deprecated; write any, which means the same"""

    n_of: Literal[1]

    def to_dict(self) -> dict[str, Any]:
        n_of = self.n_of

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "n_of": n_of,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        n_of = cast(Literal[1], d.pop("n_of"))
        if n_of != 1:
            raise ValueError(f"n_of must match const 1, got '{n_of}'")

        job_definition_join_type_2 = cls(
            n_of=n_of,
        )

        return job_definition_join_type_2
