from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..types import UNSET, Unset
from typing import cast

if TYPE_CHECKING:
    from ..models.concurrency_resources import ConcurrencyResources


T = TypeVar("T", bound="Concurrency")


@_attrs_define
class Concurrency:
    """How much of a job runs at once; what finds a limit reached is `parked`.

    Attributes:
        per_client: Runs of this job for one client.
        total: Runs of this job.
        resources: How much a run takes of named resources that others share.

    """

    per_client: int | None | Unset = UNSET
    total: int | None | Unset = UNSET
    resources: ConcurrencyResources | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        from ..models.concurrency_resources import ConcurrencyResources  # noqa: PLC0415

        per_client: int | None | Unset
        if isinstance(self.per_client, Unset):
            per_client = UNSET
        else:
            per_client = self.per_client

        total: int | None | Unset
        if isinstance(self.total, Unset):
            total = UNSET
        else:
            total = self.total

        resources: dict[str, Any] | Unset = UNSET
        if not isinstance(self.resources, Unset):
            resources = self.resources.to_dict()

        field_dict: dict[str, Any] = {}

        field_dict.update({})
        if per_client is not UNSET:
            field_dict["per_client"] = per_client
        if total is not UNSET:
            field_dict["total"] = total
        if resources is not UNSET:
            field_dict["resources"] = resources

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.concurrency_resources import ConcurrencyResources  # noqa: PLC0415

        d = dict(src_dict)

        def _parse_per_client(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        per_client = _parse_per_client(d.pop("per_client", UNSET))

        def _parse_total(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        total = _parse_total(d.pop("total", UNSET))

        _resources = d.pop("resources", UNSET)
        resources: ConcurrencyResources | Unset
        if isinstance(_resources, Unset):
            resources = UNSET
        else:
            resources = ConcurrencyResources.from_dict(_resources)

        concurrency = cls(
            per_client=per_client,
            total=total,
            resources=resources,
        )

        return concurrency
