from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..types import UNSET, Unset
from typing import cast
from typing import Literal, cast


T = TypeVar("T", bound="PutSecretBody")


@_attrs_define
class PutSecretBody:
    """A new secret, or what changes of one; what is left out stays as it is.

    Attributes:
        value: Given again, whatever it is, it makes the next version.
        source: Where the value is instead: `ssm:<parameter>` or `secretsmanager:<secret>`.
        clients: For whose runs it may be used; a new one for any.
        jobs: Which jobs may use it; a new one any.

    """

    name: str
    description: None | str | Unset = UNSET
    value: None | str | Unset = UNSET
    source: None | str | Unset = UNSET
    clients: list[str] | Literal["any"] | None | Unset = UNSET
    jobs: list[str] | Literal["any"] | None | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        name = self.name

        description: None | str | Unset
        if isinstance(self.description, Unset):
            description = UNSET
        else:
            description = self.description

        value: None | str | Unset
        if isinstance(self.value, Unset):
            value = UNSET
        else:
            value = self.value

        source: None | str | Unset
        if isinstance(self.source, Unset):
            source = UNSET
        else:
            source = self.source

        clients: list[str] | Literal["any"] | None | Unset
        if isinstance(self.clients, Unset):
            clients = UNSET
        elif isinstance(self.clients, list):
            clients = self.clients

        else:
            clients = self.clients

        jobs: list[str] | Literal["any"] | None | Unset
        if isinstance(self.jobs, Unset):
            jobs = UNSET
        elif isinstance(self.jobs, list):
            jobs = self.jobs

        else:
            jobs = self.jobs

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "name": name,
            }
        )
        if description is not UNSET:
            field_dict["description"] = description
        if value is not UNSET:
            field_dict["value"] = value
        if source is not UNSET:
            field_dict["source"] = source
        if clients is not UNSET:
            field_dict["clients"] = clients
        if jobs is not UNSET:
            field_dict["jobs"] = jobs

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        name = d.pop("name")

        def _parse_description(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        description = _parse_description(d.pop("description", UNSET))

        def _parse_value(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        value = _parse_value(d.pop("value", UNSET))

        def _parse_source(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        source = _parse_source(d.pop("source", UNSET))

        def _parse_clients(data: object) -> list[str] | Literal["any"] | None | Unset:
            if data is None:
                return data
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
            return cast(list[str] | Literal["any"] | None | Unset, data)

        clients = _parse_clients(d.pop("clients", UNSET))

        def _parse_jobs(data: object) -> list[str] | Literal["any"] | None | Unset:
            if data is None:
                return data
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
            return cast(list[str] | Literal["any"] | None | Unset, data)

        jobs = _parse_jobs(d.pop("jobs", UNSET))

        put_secret_body = cls(
            name=name,
            description=description,
            value=value,
            source=source,
            clients=clients,
            jobs=jobs,
        )

        return put_secret_body
