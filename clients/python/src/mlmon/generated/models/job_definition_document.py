from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..types import UNSET, Unset
from typing import cast
import datetime

if TYPE_CHECKING:
    from ..models.job_definition import JobDefinition


T = TypeVar("T", bound="JobDefinitionDocument")


@_attrs_define
class JobDefinitionDocument:
    """A stored version of a job definition.

    Attributes:
        archived_at: Since when the job takes no new runs; None while it does.
        etag: What `If-Match` names to change the job, archive or restore it while it is this;
            None of versions that are asked for by number, which nobody can change.

    """

    name: str
    version: int
    definition: JobDefinition
    """ One version of what can run, as its author wrote it, with the defaults filled in.

    Attributes:
        secrets: By the name of the file that holds it, the name of the secret.
        join: How many of a run's dependencies must be met.
        on_upstream_failure: What happens once so many never will be. """
    created_at: datetime.datetime
    created_by: str
    archived_at: datetime.datetime | None | Unset = UNSET
    archived_by: None | str | Unset = UNSET
    etag: None | str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.job_definition import JobDefinition  # noqa: PLC0415

        name = self.name

        version = self.version

        definition = self.definition.to_dict()

        created_at = self.created_at.isoformat()

        created_by = self.created_by

        archived_at: None | str | Unset
        if isinstance(self.archived_at, Unset):
            archived_at = UNSET
        elif isinstance(self.archived_at, datetime.datetime):
            archived_at = self.archived_at.isoformat()
        else:
            archived_at = self.archived_at

        archived_by: None | str | Unset
        if isinstance(self.archived_by, Unset):
            archived_by = UNSET
        else:
            archived_by = self.archived_by

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
                "definition": definition,
                "created_at": created_at,
                "created_by": created_by,
            }
        )
        if archived_at is not UNSET:
            field_dict["archived_at"] = archived_at
        if archived_by is not UNSET:
            field_dict["archived_by"] = archived_by
        if etag is not UNSET:
            field_dict["etag"] = etag

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.job_definition import JobDefinition  # noqa: PLC0415

        d = dict(src_dict)
        name = d.pop("name")

        version = d.pop("version")

        definition = JobDefinition.from_dict(d.pop("definition"))

        created_at = datetime.datetime.fromisoformat(d.pop("created_at"))

        created_by = d.pop("created_by")

        def _parse_archived_at(data: object) -> datetime.datetime | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                archived_at_type_0 = datetime.datetime.fromisoformat(data)

                return archived_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None | Unset, data)

        archived_at = _parse_archived_at(d.pop("archived_at", UNSET))

        def _parse_archived_by(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        archived_by = _parse_archived_by(d.pop("archived_by", UNSET))

        def _parse_etag(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        etag = _parse_etag(d.pop("etag", UNSET))

        job_definition_document = cls(
            name=name,
            version=version,
            definition=definition,
            created_at=created_at,
            created_by=created_by,
            archived_at=archived_at,
            archived_by=archived_by,
            etag=etag,
        )

        job_definition_document.additional_properties = d
        return job_definition_document

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
