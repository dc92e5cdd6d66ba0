from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.role import Role
from ..types import UNSET, Unset
from typing import cast
import datetime

if TYPE_CHECKING:
    from ..models.identity import Identity


T = TypeVar("T", bound="UserDocument")


@_attrs_define
class UserDocument:
    """A user as it is stored.

    Attributes:
        has_password: The user can sign in with a password.
        etag: What `If-Match` names to change this and nothing else.

    """

    name: str
    roles: list[Role]
    has_password: bool
    created_at: datetime.datetime
    display_name: str | Unset = ""
    email: str | Unset = ""
    is_disabled: bool | Unset = False
    identity: Identity | None | Unset = UNSET
    etag: None | str | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        from ..models.identity import Identity  # noqa: PLC0415

        name = self.name

        roles = []
        for roles_item_data in self.roles:
            roles_item = roles_item_data.value
            roles.append(roles_item)

        has_password = self.has_password

        created_at = self.created_at.isoformat()

        display_name = self.display_name

        email = self.email

        is_disabled = self.is_disabled

        identity: dict[str, Any] | None | Unset
        if isinstance(self.identity, Unset):
            identity = UNSET
        elif isinstance(self.identity, Identity):
            identity = self.identity.to_dict()
        else:
            identity = self.identity

        etag: None | str | Unset
        if isinstance(self.etag, Unset):
            etag = UNSET
        else:
            etag = self.etag

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "name": name,
                "roles": roles,
                "has_password": has_password,
                "created_at": created_at,
            }
        )
        if display_name is not UNSET:
            field_dict["display_name"] = display_name
        if email is not UNSET:
            field_dict["email"] = email
        if is_disabled is not UNSET:
            field_dict["is_disabled"] = is_disabled
        if identity is not UNSET:
            field_dict["identity"] = identity
        if etag is not UNSET:
            field_dict["etag"] = etag

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.identity import Identity  # noqa: PLC0415

        d = dict(src_dict)
        name = d.pop("name")

        roles = []
        _roles = d.pop("roles")
        for roles_item_data in _roles:
            roles_item = Role(roles_item_data)

            roles.append(roles_item)

        has_password = d.pop("has_password")

        created_at = datetime.datetime.fromisoformat(d.pop("created_at"))

        display_name = d.pop("display_name", UNSET)

        email = d.pop("email", UNSET)

        is_disabled = d.pop("is_disabled", UNSET)

        def _parse_identity(data: object) -> Identity | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                identity_type_0 = Identity.from_dict(data)

                return identity_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(Identity | None | Unset, data)

        identity = _parse_identity(d.pop("identity", UNSET))

        def _parse_etag(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        etag = _parse_etag(d.pop("etag", UNSET))

        user_document = cls(
            name=name,
            roles=roles,
            has_password=has_password,
            created_at=created_at,
            display_name=display_name,
            email=email,
            is_disabled=is_disabled,
            identity=identity,
            etag=etag,
        )

        return user_document
