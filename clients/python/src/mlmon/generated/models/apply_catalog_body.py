from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..types import UNSET, Unset
from typing import cast

if TYPE_CHECKING:
    from ..models.catalog_client import CatalogClient
    from ..models.job_definition import JobDefinition
    from ..models.named_resource import NamedResource
    from ..models.pool import Pool


T = TypeVar("T", bound="ApplyCatalogBody")


@_attrs_define
class ApplyCatalogBody:
    """What is saved together; each may name what stands beside it.

    Attributes:
        archive: Jobs that take no new runs any more.

    """

    pools: list[Pool] | Unset = UNSET
    resources: list[NamedResource] | Unset = UNSET
    clients: list[CatalogClient] | Unset = UNSET
    job_definitions: list[JobDefinition] | Unset = UNSET
    archive: list[str] | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        from ..models.catalog_client import CatalogClient  # noqa: PLC0415
        from ..models.job_definition import JobDefinition  # noqa: PLC0415
        from ..models.named_resource import NamedResource  # noqa: PLC0415
        from ..models.pool import Pool  # noqa: PLC0415

        pools: list[dict[str, Any]] | Unset = UNSET
        if not isinstance(self.pools, Unset):
            pools = []
            for pools_item_data in self.pools:
                pools_item = pools_item_data.to_dict()
                pools.append(pools_item)

        resources: list[dict[str, Any]] | Unset = UNSET
        if not isinstance(self.resources, Unset):
            resources = []
            for resources_item_data in self.resources:
                resources_item = resources_item_data.to_dict()
                resources.append(resources_item)

        clients: list[dict[str, Any]] | Unset = UNSET
        if not isinstance(self.clients, Unset):
            clients = []
            for clients_item_data in self.clients:
                clients_item = clients_item_data.to_dict()
                clients.append(clients_item)

        job_definitions: list[dict[str, Any]] | Unset = UNSET
        if not isinstance(self.job_definitions, Unset):
            job_definitions = []
            for job_definitions_item_data in self.job_definitions:
                job_definitions_item = job_definitions_item_data.to_dict()
                job_definitions.append(job_definitions_item)

        archive: list[str] | Unset = UNSET
        if not isinstance(self.archive, Unset):
            archive = self.archive

        field_dict: dict[str, Any] = {}

        field_dict.update({})
        if pools is not UNSET:
            field_dict["pools"] = pools
        if resources is not UNSET:
            field_dict["resources"] = resources
        if clients is not UNSET:
            field_dict["clients"] = clients
        if job_definitions is not UNSET:
            field_dict["job_definitions"] = job_definitions
        if archive is not UNSET:
            field_dict["archive"] = archive

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.catalog_client import CatalogClient  # noqa: PLC0415
        from ..models.job_definition import JobDefinition  # noqa: PLC0415
        from ..models.named_resource import NamedResource  # noqa: PLC0415
        from ..models.pool import Pool  # noqa: PLC0415

        d = dict(src_dict)
        _pools = d.pop("pools", UNSET)
        pools: list[Pool] | Unset = UNSET
        if _pools is not UNSET:
            pools = []
            for pools_item_data in _pools:
                pools_item = Pool.from_dict(pools_item_data)

                pools.append(pools_item)

        _resources = d.pop("resources", UNSET)
        resources: list[NamedResource] | Unset = UNSET
        if _resources is not UNSET:
            resources = []
            for resources_item_data in _resources:
                resources_item = NamedResource.from_dict(resources_item_data)

                resources.append(resources_item)

        _clients = d.pop("clients", UNSET)
        clients: list[CatalogClient] | Unset = UNSET
        if _clients is not UNSET:
            clients = []
            for clients_item_data in _clients:
                clients_item = CatalogClient.from_dict(clients_item_data)

                clients.append(clients_item)

        _job_definitions = d.pop("job_definitions", UNSET)
        job_definitions: list[JobDefinition] | Unset = UNSET
        if _job_definitions is not UNSET:
            job_definitions = []
            for job_definitions_item_data in _job_definitions:
                job_definitions_item = JobDefinition.from_dict(job_definitions_item_data)

                job_definitions.append(job_definitions_item)

        archive = cast(list[str], d.pop("archive", UNSET))

        apply_catalog_body = cls(
            pools=pools,
            resources=resources,
            clients=clients,
            job_definitions=job_definitions,
            archive=archive,
        )

        return apply_catalog_body
