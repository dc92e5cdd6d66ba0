from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset


T = TypeVar("T", bound="Identity")


@_attrs_define
class Identity:
    """Whom an OpenID provider knows a user as.

    Attributes:
        issuer: URL of the provider.
        subject: Its permanent id of the person (`sub`).

    """

    issuer: str
    subject: str

    def to_dict(self) -> dict[str, Any]:
        issuer = self.issuer

        subject = self.subject

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "issuer": issuer,
                "subject": subject,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        issuer = d.pop("issuer")

        subject = d.pop("subject")

        identity = cls(
            issuer=issuer,
            subject=subject,
        )

        return identity
