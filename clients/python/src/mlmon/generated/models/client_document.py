from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..types import UNSET, Unset
from typing import cast

if TYPE_CHECKING:
    from ..models.client_document_labels import ClientDocumentLabels
    from ..models.client_document_parameters import ClientDocumentParameters
    from ..models.quotas import Quotas


T = TypeVar("T", bound="ClientDocument")


@_attrs_define
class ClientDocument:
    """A client as it is stored.

    Attributes:
        is_paused: None of its runs starts until it is resumed; saving it does not change that.
        pause_reason: Why, in the words of who paused it.
        etag: What `If-Match` names to change this and nothing else; pausing changes it too.

    """

    name: str
    description: str | Unset = ""
    labels: ClientDocumentLabels | Unset = UNSET
    weight: float | Unset = 1.0
    quotas: Quotas | Unset = UNSET
    """ What agents may hold at once for a client; what is left out has no limit.

    Attributes:
        runs: How many.
        cpu: Cores that they ask for together.
        memory: Bytes.
        gpus: Whole GPUs; 0 for none. """
    parameters: ClientDocumentParameters | Unset = UNSET
    is_paused: bool | Unset = False
    pause_reason: str | Unset = ""
    etag: None | str | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        from ..models.client_document_labels import ClientDocumentLabels  # noqa: PLC0415
        from ..models.client_document_parameters import ClientDocumentParameters  # noqa: PLC0415
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

        is_paused = self.is_paused

        pause_reason = self.pause_reason

        etag: None | str | Unset
        if isinstance(self.etag, Unset):
            etag = UNSET
        else:
            etag = self.etag

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
        if is_paused is not UNSET:
            field_dict["is_paused"] = is_paused
        if pause_reason is not UNSET:
            field_dict["pause_reason"] = pause_reason
        if etag is not UNSET:
            field_dict["etag"] = etag

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.client_document_labels import ClientDocumentLabels  # noqa: PLC0415
        from ..models.client_document_parameters import ClientDocumentParameters  # noqa: PLC0415
        from ..models.quotas import Quotas  # noqa: PLC0415

        d = dict(src_dict)
        name = d.pop("name")

        description = d.pop("description", UNSET)

        _labels = d.pop("labels", UNSET)
        labels: ClientDocumentLabels | Unset
        if isinstance(_labels, Unset):
            labels = UNSET
        else:
            labels = ClientDocumentLabels.from_dict(_labels)

        weight = d.pop("weight", UNSET)

        _quotas = d.pop("quotas", UNSET)
        quotas: Quotas | Unset
        if isinstance(_quotas, Unset):
            quotas = UNSET
        else:
            quotas = Quotas.from_dict(_quotas)

        _parameters = d.pop("parameters", UNSET)
        parameters: ClientDocumentParameters | Unset
        if isinstance(_parameters, Unset):
            parameters = UNSET
        else:
            parameters = ClientDocumentParameters.from_dict(_parameters)

        is_paused = d.pop("is_paused", UNSET)

        pause_reason = d.pop("pause_reason", UNSET)

        def _parse_etag(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        etag = _parse_etag(d.pop("etag", UNSET))

        client_document = cls(
            name=name,
            description=description,
            labels=labels,
            weight=weight,
            quotas=quotas,
            parameters=parameters,
            is_paused=is_paused,
            pause_reason=pause_reason,
            etag=etag,
        )

        return client_document
