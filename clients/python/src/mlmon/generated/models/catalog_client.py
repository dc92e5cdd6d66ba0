from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..types import UNSET, Unset
from typing import cast

if TYPE_CHECKING:
    from ..models.catalog_client_labels import CatalogClientLabels
    from ..models.catalog_client_parameters import CatalogClientParameters
    from ..models.quotas import Quotas


T = TypeVar("T", bound="CatalogClient")


@_attrs_define
class CatalogClient:
    """A customer for whom runs work.

    Attributes:
        weight: Its share against the others.
        parameters: What definitions may use as `{{ client.parameters.<name> }}`.

    """

    name: str
    description: str | Unset = ""
    labels: CatalogClientLabels | Unset = UNSET
    weight: float | Unset = 1.0
    quotas: Quotas | Unset = UNSET
    """ What agents may hold at once for a client; what is left out has no limit.

    Attributes:
        runs: How many.
        cpu: Cores that they ask for together.
        memory: Bytes.
        gpus: Whole GPUs; 0 for none. """
    parameters: CatalogClientParameters | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        from ..models.catalog_client_labels import CatalogClientLabels  # noqa: PLC0415
        from ..models.catalog_client_parameters import CatalogClientParameters  # noqa: PLC0415
        from ..models.quotas import Quotas  # noqa: PLC0415

        name = self.name

        description = self.description

        labels: dict[str, Any] | Unset = UNSET
        if not isinstance(self.labels, Unset):
            labels = self.labels.to_dict()

        weight = self.weight

        quotas: dict[str, Any] | Unset = UNSET
        if not isinstance(self.quotas, Unset):
            quotas = self.quotas.to_dict()

        parameters: dict[str, Any] | Unset = UNSET
        if not isinstance(self.parameters, Unset):
            parameters = self.parameters.to_dict()

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "name": name,
            }
        )
        if description is not UNSET:
            field_dict["description"] = description
        if labels is not UNSET:
            field_dict["labels"] = labels
        if weight is not UNSET:
            field_dict["weight"] = weight
        if quotas is not UNSET:
            field_dict["quotas"] = quotas
        if parameters is not UNSET:
            field_dict["parameters"] = parameters

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.catalog_client_labels import CatalogClientLabels  # noqa: PLC0415
        from ..models.catalog_client_parameters import CatalogClientParameters  # noqa: PLC0415
        from ..models.quotas import Quotas  # noqa: PLC0415

        d = dict(src_dict)
        name = d.pop("name")

        description = d.pop("description", UNSET)

        _labels = d.pop("labels", UNSET)
        labels: CatalogClientLabels | Unset
        if isinstance(_labels, Unset):
            labels = UNSET
        else:
            labels = CatalogClientLabels.from_dict(_labels)

        weight = d.pop("weight", UNSET)

        _quotas = d.pop("quotas", UNSET)
        quotas: Quotas | Unset
        if isinstance(_quotas, Unset):
            quotas = UNSET
        else:
            quotas = Quotas.from_dict(_quotas)

        _parameters = d.pop("parameters", UNSET)
        parameters: CatalogClientParameters | Unset
        if isinstance(_parameters, Unset):
            parameters = UNSET
        else:
            parameters = CatalogClientParameters.from_dict(_parameters)

        catalog_client = cls(
            name=name,
            description=description,
            labels=labels,
            weight=weight,
            quotas=quotas,
            parameters=parameters,
        )

        return catalog_client
