from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..types import UNSET, Unset
from typing import cast

if TYPE_CHECKING:
    from ..models.admission_job_labels import AdmissionJobLabels
    from ..models.amounts import Amounts
    from ..models.client_selector import ClientSelector


T = TypeVar("T", bound="Admission")


@_attrs_define
class Admission:
    """Which runs a pool takes: all that fit, unless something is said here.

    Attributes:
        at_least: Of each resource that is named, a run asks for so much at least.
        at_most: And for so much at most.
        shapes: And for no more than one of these, so that runs leave no host with GPUs and
            without the memory to use them; any when empty.
        job_labels: Of jobs that have all of these labels.
        jobs: Whose runs; all when empty.
        clients: Whose runs; all when left out.

    """

    at_least: Amounts | Unset = UNSET
    """ A bound of each resource; what is left out has none.

    Attributes:
        cpu: Cores.
        memory: Bytes.
        gpus: Whole GPUs.
        disk: Bytes. """
    at_most: Amounts | Unset = UNSET
    """ A bound of each resource; what is left out has none.

    Attributes:
        cpu: Cores.
        memory: Bytes.
        gpus: Whole GPUs.
        disk: Bytes. """
    shapes: list[Amounts] | Unset = UNSET
    job_labels: AdmissionJobLabels | Unset = UNSET
    jobs: list[str] | Unset = UNSET
    clients: ClientSelector | None | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        from ..models.admission_job_labels import AdmissionJobLabels  # noqa: PLC0415
        from ..models.amounts import Amounts  # noqa: PLC0415
        from ..models.client_selector import ClientSelector  # noqa: PLC0415

        at_least: dict[str, Any] | Unset = UNSET
        if not isinstance(self.at_least, Unset):
            at_least = self.at_least.to_dict()

        at_most: dict[str, Any] | Unset = UNSET
        if not isinstance(self.at_most, Unset):
            at_most = self.at_most.to_dict()

        shapes: list[dict[str, Any]] | Unset = UNSET
        if not isinstance(self.shapes, Unset):
            shapes = []
            for shapes_item_data in self.shapes:
                shapes_item = shapes_item_data.to_dict()
                shapes.append(shapes_item)

        job_labels: dict[str, Any] | Unset = UNSET
        if not isinstance(self.job_labels, Unset):
            job_labels = self.job_labels.to_dict()

        jobs: list[str] | Unset = UNSET
        if not isinstance(self.jobs, Unset):
            jobs = self.jobs

        clients: dict[str, Any] | None | Unset
        if isinstance(self.clients, Unset):
            clients = UNSET
        elif isinstance(self.clients, ClientSelector):
            clients = self.clients.to_dict()
        else:
            clients = self.clients

        field_dict: dict[str, Any] = {}

        field_dict.update({})
        if at_least is not UNSET:
            field_dict["at_least"] = at_least
        if at_most is not UNSET:
            field_dict["at_most"] = at_most
        if shapes is not UNSET:
            field_dict["shapes"] = shapes
        if job_labels is not UNSET:
            field_dict["job_labels"] = job_labels
        if jobs is not UNSET:
            field_dict["jobs"] = jobs
        if clients is not UNSET:
            field_dict["clients"] = clients

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.admission_job_labels import AdmissionJobLabels  # noqa: PLC0415
        from ..models.amounts import Amounts  # noqa: PLC0415
        from ..models.client_selector import ClientSelector  # noqa: PLC0415

        d = dict(src_dict)
        _at_least = d.pop("at_least", UNSET)
        at_least: Amounts | Unset
        if isinstance(_at_least, Unset):
            at_least = UNSET
        else:
            at_least = Amounts.from_dict(_at_least)

        _at_most = d.pop("at_most", UNSET)
        at_most: Amounts | Unset
        if isinstance(_at_most, Unset):
            at_most = UNSET
        else:
            at_most = Amounts.from_dict(_at_most)

        _shapes = d.pop("shapes", UNSET)
        shapes: list[Amounts] | Unset = UNSET
        if _shapes is not UNSET:
            shapes = []
            for shapes_item_data in _shapes:
                shapes_item = Amounts.from_dict(shapes_item_data)

                shapes.append(shapes_item)

        _job_labels = d.pop("job_labels", UNSET)
        job_labels: AdmissionJobLabels | Unset
        if isinstance(_job_labels, Unset):
            job_labels = UNSET
        else:
            job_labels = AdmissionJobLabels.from_dict(_job_labels)

        jobs = cast(list[str], d.pop("jobs", UNSET))

        def _parse_clients(data: object) -> ClientSelector | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                clients_type_0 = ClientSelector.from_dict(data)

                return clients_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(ClientSelector | None | Unset, data)

        clients = _parse_clients(d.pop("clients", UNSET))

        admission = cls(
            at_least=at_least,
            at_most=at_most,
            shapes=shapes,
            job_labels=job_labels,
            jobs=jobs,
            clients=clients,
        )

        return admission
