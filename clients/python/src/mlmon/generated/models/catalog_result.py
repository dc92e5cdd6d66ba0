from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..types import UNSET, Unset
from typing import cast

if TYPE_CHECKING:
    from ..models.apply_result import ApplyResult


T = TypeVar("T", bound="CatalogResult")


@_attrs_define
class CatalogResult:
    """What saving things together did, or would do (`dry_run`).

    Attributes:
        results: Of pools, resources, clients, then of job definitions so that each comes after
            those that it depends on. Diffs of pools, resources and clients are in a dry run only.
        archived: Of the jobs that were to be archived; those that are already are `unchanged`.
        config_revision: The revision at which all is visible.
        etag: Of what is stored of all things that the request names, before it in a dry run.
            Sent back as `If-Match` it refuses to save what is not as it was planned.

    """

    results: list[ApplyResult]
    config_revision: int
    archived: list[ApplyResult] | Unset = UNSET
    is_dry_run: bool | Unset = False
    etag: None | str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.apply_result import ApplyResult  # noqa: PLC0415

        results = []
        for results_item_data in self.results:
            results_item = results_item_data.to_dict()
            results.append(results_item)

        config_revision = self.config_revision

        archived: list[dict[str, Any]] | Unset = UNSET
        if not isinstance(self.archived, Unset):
            archived = []
            for archived_item_data in self.archived:
                archived_item = archived_item_data.to_dict()
                archived.append(archived_item)

        is_dry_run = self.is_dry_run

        etag: None | str | Unset
        if isinstance(self.etag, Unset):
            etag = UNSET
        else:
            etag = self.etag

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "results": results,
                "config_revision": config_revision,
            }
        )
        if archived is not UNSET:
            field_dict["archived"] = archived
        if is_dry_run is not UNSET:
            field_dict["is_dry_run"] = is_dry_run
        if etag is not UNSET:
            field_dict["etag"] = etag

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.apply_result import ApplyResult  # noqa: PLC0415

        d = dict(src_dict)
        results = []
        _results = d.pop("results")
        for results_item_data in _results:
            results_item = ApplyResult.from_dict(results_item_data)

            results.append(results_item)

        config_revision = d.pop("config_revision")

        _archived = d.pop("archived", UNSET)
        archived: list[ApplyResult] | Unset = UNSET
        if _archived is not UNSET:
            archived = []
            for archived_item_data in _archived:
                archived_item = ApplyResult.from_dict(archived_item_data)

                archived.append(archived_item)

        is_dry_run = d.pop("is_dry_run", UNSET)

        def _parse_etag(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        etag = _parse_etag(d.pop("etag", UNSET))

        catalog_result = cls(
            results=results,
            config_revision=config_revision,
            archived=archived,
            is_dry_run=is_dry_run,
            etag=etag,
        )

        catalog_result.additional_properties = d
        return catalog_result

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
