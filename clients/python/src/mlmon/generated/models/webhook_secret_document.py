from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..types import UNSET, Unset
from typing import cast
import datetime


T = TypeVar("T", bound="WebhookSecretDocument")


@_attrs_define
class WebhookSecretDocument:
    """The new secret of a webhook, shown here only.

    Attributes:
        old_secret_expires_at: Until when the one before signs as well; None for no longer.

    """

    name: str
    secret: str
    config_revision: int
    old_secret_expires_at: datetime.datetime | None | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        name = self.name

        secret = self.secret

        config_revision = self.config_revision

        old_secret_expires_at: None | str | Unset
        if isinstance(self.old_secret_expires_at, Unset):
            old_secret_expires_at = UNSET
        elif isinstance(self.old_secret_expires_at, datetime.datetime):
            old_secret_expires_at = self.old_secret_expires_at.isoformat()
        else:
            old_secret_expires_at = self.old_secret_expires_at

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "name": name,
                "secret": secret,
                "config_revision": config_revision,
            }
        )
        if old_secret_expires_at is not UNSET:
            field_dict["old_secret_expires_at"] = old_secret_expires_at

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        name = d.pop("name")

        secret = d.pop("secret")

        config_revision = d.pop("config_revision")

        def _parse_old_secret_expires_at(data: object) -> datetime.datetime | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                old_secret_expires_at_type_0 = datetime.datetime.fromisoformat(data)

                return old_secret_expires_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None | Unset, data)

        old_secret_expires_at = _parse_old_secret_expires_at(d.pop("old_secret_expires_at", UNSET))

        webhook_secret_document = cls(
            name=name,
            secret=secret,
            config_revision=config_revision,
            old_secret_expires_at=old_secret_expires_at,
        )

        webhook_secret_document.additional_properties = d
        return webhook_secret_document

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
