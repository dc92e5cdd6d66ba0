from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..types import UNSET, Unset
from typing import cast
import datetime


T = TypeVar("T", bound="CanaryDocument")


@_attrs_define
class CanaryDocument:
    """A canary in progress.

    Attributes:
        current_version: What all other clients use.
        client_count: How many of the clients there are use it; pins go before it.
        etag: What `If-Match` names to change, promote or roll back this and nothing else.

    """

    version: int
    percent: float
    clients: list[str]
    name: str
    changed_at: datetime.datetime
    changed_by: str
    current_version: int
    client_count: int
    etag: None | str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        version = self.version

        percent = self.percent

        clients = self.clients

        name = self.name

        changed_at = self.changed_at.isoformat()

        changed_by = self.changed_by

        current_version = self.current_version

        client_count = self.client_count

        etag: None | str | Unset
        if isinstance(self.etag, Unset):
            etag = UNSET
        else:
            etag = self.etag

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "version": version,
                "percent": percent,
                "clients": clients,
                "name": name,
                "changed_at": changed_at,
                "changed_by": changed_by,
                "current_version": current_version,
                "client_count": client_count,
            }
        )
        if etag is not UNSET:
            field_dict["etag"] = etag

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        version = d.pop("version")

        percent = d.pop("percent")

        clients = cast(list[str], d.pop("clients"))

        name = d.pop("name")

        changed_at = datetime.datetime.fromisoformat(d.pop("changed_at"))

        changed_by = d.pop("changed_by")

        current_version = d.pop("current_version")

        client_count = d.pop("client_count")

        def _parse_etag(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        etag = _parse_etag(d.pop("etag", UNSET))

        canary_document = cls(
            version=version,
            percent=percent,
            clients=clients,
            name=name,
            changed_at=changed_at,
            changed_by=changed_by,
            current_version=current_version,
            client_count=client_count,
            etag=etag,
        )

        canary_document.additional_properties = d
        return canary_document

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
