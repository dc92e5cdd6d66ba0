from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..types import UNSET, Unset
from typing import cast
from typing import Literal, cast
import datetime


T = TypeVar("T", bound="SecretDocument")


@_attrs_define
class SecretDocument:
    """What is shown of a secret: never its value.

    Attributes:
        version: Counts the values that it has had, from 1.
        source: Where the value comes from; empty for one that was sent.
        problem: Why the newest value could not be fetched from the source; empty when it could.
        wrapped_by: Which key wraps the value: a fingerprint, or `kms:<key>`.
        used_by: Jobs whose current definition names it.
        changed_at: When the secret was changed last, by whom.
        etag: What `If-Match` names to change this and nothing else.

    """

    name: str
    version: int
    changed_at: datetime.datetime
    changed_by: str
    description: str | Unset = ""
    clients: list[str] | Literal["any"] | Unset = UNSET
    jobs: list[str] | Literal["any"] | Unset = UNSET
    source: str | Unset = ""
    problem: str | Unset = ""
    wrapped_by: str | Unset = ""
    used_by: list[str] | Unset = UNSET
    etag: None | str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        name = self.name

        version = self.version

        changed_at = self.changed_at.isoformat()

        changed_by = self.changed_by

        description = self.description

        clients: list[str] | Literal["any"] | Unset
        if isinstance(self.clients, Unset):
            clients = UNSET
        elif isinstance(self.clients, list):
            clients = self.clients

        else:
            clients = self.clients

        jobs: list[str] | Literal["any"] | Unset
        if isinstance(self.jobs, Unset):
            jobs = UNSET
        elif isinstance(self.jobs, list):
            jobs = self.jobs

        else:
            jobs = self.jobs

        source = self.source

        problem = self.problem

        wrapped_by = self.wrapped_by

        used_by: list[str] | Unset = UNSET
        if not isinstance(self.used_by, Unset):
            used_by = self.used_by

        etag: None | str | Unset
        if isinstance(self.etag, Unset):
            etag = UNSET
        else:
            etag = self.etag

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "name": name,
                "version": version,
                "changed_at": changed_at,
                "changed_by": changed_by,
            }
        )
        if description is not UNSET:
            field_dict["description"] = description
        if clients is not UNSET:
            field_dict["clients"] = clients
        if jobs is not UNSET:
            field_dict["jobs"] = jobs
        if source is not UNSET:
            field_dict["source"] = source
        if problem is not UNSET:
            field_dict["problem"] = problem
        if wrapped_by is not UNSET:
            field_dict["wrapped_by"] = wrapped_by
        if used_by is not UNSET:
            field_dict["used_by"] = used_by
        if etag is not UNSET:
            field_dict["etag"] = etag

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        name = d.pop("name")

        version = d.pop("version")

        changed_at = datetime.datetime.fromisoformat(d.pop("changed_at"))

        changed_by = d.pop("changed_by")

        description = d.pop("description", UNSET)

        def _parse_clients(data: object) -> list[str] | Literal["any"] | Unset:
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, list):
                    raise TypeError()
                clients_type_0 = cast(list[str], data)

                return clients_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            clients_type_1 = cast(Literal["any"], data)
            if clients_type_1 != "any":
                raise ValueError(f"clients_type_1 must match const 'any', got '{clients_type_1}'")
            return clients_type_1

        clients = _parse_clients(d.pop("clients", UNSET))

        def _parse_jobs(data: object) -> list[str] | Literal["any"] | Unset:
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, list):
                    raise TypeError()
                jobs_type_0 = cast(list[str], data)

                return jobs_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            jobs_type_1 = cast(Literal["any"], data)
            if jobs_type_1 != "any":
                raise ValueError(f"jobs_type_1 must match const 'any', got '{jobs_type_1}'")
            return jobs_type_1

        jobs = _parse_jobs(d.pop("jobs", UNSET))

        source = d.pop("source", UNSET)

        problem = d.pop("problem", UNSET)

        wrapped_by = d.pop("wrapped_by", UNSET)

        used_by = cast(list[str], d.pop("used_by", UNSET))

        def _parse_etag(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        etag = _parse_etag(d.pop("etag", UNSET))

        secret_document = cls(
            name=name,
            version=version,
            changed_at=changed_at,
            changed_by=changed_by,
            description=description,
            clients=clients,
            jobs=jobs,
            source=source,
            problem=problem,
            wrapped_by=wrapped_by,
            used_by=used_by,
            etag=etag,
        )

        secret_document.additional_properties = d
        return secret_document

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
