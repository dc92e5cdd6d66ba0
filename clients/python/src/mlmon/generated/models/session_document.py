from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.sign_in_method import SignInMethod
from typing import cast
import datetime


T = TypeVar("T", bound="SessionDocument")


@_attrs_define
class SessionDocument:
    """Where a user is signed in.

    Attributes:
        seen_at: When it was used last, to a minute.
        expires_at: When it ends however much it is used.
        address: From which the user signed in.
        is_current: This request belongs to it.

    """

    id: str
    user: str
    method: SignInMethod
    """ How a session began. """
    created_at: datetime.datetime
    seen_at: datetime.datetime
    expires_at: datetime.datetime
    address: str
    user_agent: str
    is_current: bool
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        id = self.id

        user = self.user

        method = self.method.value

        created_at = self.created_at.isoformat()

        seen_at = self.seen_at.isoformat()

        expires_at = self.expires_at.isoformat()

        address = self.address

        user_agent = self.user_agent

        is_current = self.is_current

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "user": user,
                "method": method,
                "created_at": created_at,
                "seen_at": seen_at,
                "expires_at": expires_at,
                "address": address,
                "user_agent": user_agent,
                "is_current": is_current,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        id = d.pop("id")

        user = d.pop("user")

        method = SignInMethod(d.pop("method"))

        created_at = datetime.datetime.fromisoformat(d.pop("created_at"))

        seen_at = datetime.datetime.fromisoformat(d.pop("seen_at"))

        expires_at = datetime.datetime.fromisoformat(d.pop("expires_at"))

        address = d.pop("address")

        user_agent = d.pop("user_agent")

        is_current = d.pop("is_current")

        session_document = cls(
            id=id,
            user=user,
            method=method,
            created_at=created_at,
            seen_at=seen_at,
            expires_at=expires_at,
            address=address,
            user_agent=user_agent,
            is_current=is_current,
        )

        session_document.additional_properties = d
        return session_document

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
