from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.network_policy import NetworkPolicy
from ..types import UNSET, Unset
from typing import cast

if TYPE_CHECKING:
    from ..models.admission import Admission
    from ..models.admitted_instances import AdmittedInstances
    from ..models.agent_release import AgentRelease
    from ..models.pool_document_labels import PoolDocumentLabels
    from ..models.pool_document_lane_shares import PoolDocumentLaneShares
    from ..models.resources import Resources
    from ..models.scaling import Scaling


T = TypeVar("T", bound="PoolDocument")


@_attrs_define
class PoolDocument:
    """A pool as it is stored.

    Attributes:
        etag: What `If-Match` names to change this and nothing else.

    """

    name: str
    resources: Resources
    """ What one attempt needs of a host.

    Attributes:
        cpu: Cores; fractions of a thousandth are kept.
        memory: Bytes.
        gpus: Whole GPUs.
        disk: Bytes of scratch space.
        exclusive: The attempt takes a host that runs nothing else, and all of it. """
    description: str | Unset = ""
    labels: PoolDocumentLabels | Unset = UNSET
    stop_after: float | str | Unset = 600.0
    """ Seconds, or text such as 90s, 20m or 2h. """
    kill_grace: float | str | Unset = 10.0
    """ Seconds, or text such as 90s, 20m or 2h. """
    lane_shares: PoolDocumentLaneShares | Unset = UNSET
    network: NetworkPolicy | Unset = UNSET
    """ What the containers of a pool can reach. """
    price_per_hour: float | None | Unset = UNSET
    takes: Admission | Unset = UNSET
    """ Which runs a pool takes: all that fit, unless something is said here.

    Attributes:
        at_least: Of each resource that is named, a run asks for so much at least.
        at_most: And for so much at most.
        shapes: And for no more than one of these, so that runs leave no host with GPUs and
            without the memory to use them; any when empty.
        job_labels: Of jobs that have all of these labels.
        jobs: Whose runs; all when empty.
        clients: Whose runs; all when left out. """
    scaling: Scaling | Unset = UNSET
    """ How many hosts a pool has.

    Attributes:
        min_hosts: So many are meant to be there; while fewer are, explanations of what waits
            say so.
        max_hosts: Further agents are not taken while so many are alive; None for any number. A
            pool of 0 takes no runs. """
    instances: AdmittedInstances | None | Unset = UNSET
    agent_release: AgentRelease | None | Unset = UNSET
    etag: None | str | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        from ..models.admission import Admission  # noqa: PLC0415
        from ..models.admitted_instances import AdmittedInstances  # noqa: PLC0415
        from ..models.agent_release import AgentRelease  # noqa: PLC0415
        from ..models.pool_document_labels import PoolDocumentLabels  # noqa: PLC0415
        from ..models.pool_document_lane_shares import PoolDocumentLaneShares  # noqa: PLC0415
        from ..models.resources import Resources  # noqa: PLC0415
        from ..models.scaling import Scaling  # noqa: PLC0415

        name = self.name

        resources = self.resources.to_dict()

        description = self.description

        labels: dict[str, Any] | Unset = UNSET
        if not isinstance(self.labels, Unset):
            labels = self.labels.to_dict()

        stop_after: float | str | Unset
        if isinstance(self.stop_after, Unset):
            stop_after = UNSET
        else:
            stop_after = self.stop_after

        kill_grace: float | str | Unset
        if isinstance(self.kill_grace, Unset):
            kill_grace = UNSET
        else:
            kill_grace = self.kill_grace

        lane_shares: dict[str, Any] | Unset = UNSET
        if not isinstance(self.lane_shares, Unset):
            lane_shares = self.lane_shares.to_dict()

        network: str | Unset = UNSET
        if not isinstance(self.network, Unset):
            network = self.network.value

        price_per_hour: float | None | Unset
        if isinstance(self.price_per_hour, Unset):
            price_per_hour = UNSET
        else:
            price_per_hour = self.price_per_hour

        takes: dict[str, Any] | Unset = UNSET
        if not isinstance(self.takes, Unset):
            takes = self.takes.to_dict()

        scaling: dict[str, Any] | Unset = UNSET
        if not isinstance(self.scaling, Unset):
            scaling = self.scaling.to_dict()

        instances: dict[str, Any] | None | Unset
        if isinstance(self.instances, Unset):
            instances = UNSET
        elif isinstance(self.instances, AdmittedInstances):
            instances = self.instances.to_dict()
        else:
            instances = self.instances

        agent_release: dict[str, Any] | None | Unset
        if isinstance(self.agent_release, Unset):
            agent_release = UNSET
        elif isinstance(self.agent_release, AgentRelease):
            agent_release = self.agent_release.to_dict()
        else:
            agent_release = self.agent_release

        etag: None | str | Unset
        if isinstance(self.etag, Unset):
            etag = UNSET
        else:
            etag = self.etag

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "name": name,
                "resources": resources,
            }
        )
        if description is not UNSET:
            field_dict["description"] = description
        if labels is not UNSET:
            field_dict["labels"] = labels
        if stop_after is not UNSET:
            field_dict["stop_after"] = stop_after
        if kill_grace is not UNSET:
            field_dict["kill_grace"] = kill_grace
        if lane_shares is not UNSET:
            field_dict["lane_shares"] = lane_shares
        if network is not UNSET:
            field_dict["network"] = network
        if price_per_hour is not UNSET:
            field_dict["price_per_hour"] = price_per_hour
        if takes is not UNSET:
            field_dict["takes"] = takes
        if scaling is not UNSET:
            field_dict["scaling"] = scaling
        if instances is not UNSET:
            field_dict["instances"] = instances
        if agent_release is not UNSET:
            field_dict["agent_release"] = agent_release
        if etag is not UNSET:
            field_dict["etag"] = etag

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.admission import Admission  # noqa: PLC0415
        from ..models.admitted_instances import AdmittedInstances  # noqa: PLC0415
        from ..models.agent_release import AgentRelease  # noqa: PLC0415
        from ..models.pool_document_labels import PoolDocumentLabels  # noqa: PLC0415
        from ..models.pool_document_lane_shares import PoolDocumentLaneShares  # noqa: PLC0415
        from ..models.resources import Resources  # noqa: PLC0415
        from ..models.scaling import Scaling  # noqa: PLC0415

        d = dict(src_dict)
        name = d.pop("name")

        resources = Resources.from_dict(d.pop("resources"))

        description = d.pop("description", UNSET)

        _labels = d.pop("labels", UNSET)
        labels: PoolDocumentLabels | Unset
        if isinstance(_labels, Unset):
            labels = UNSET
        else:
            labels = PoolDocumentLabels.from_dict(_labels)

        def _parse_stop_after(data: object) -> float | str | Unset:
            if isinstance(data, Unset):
                return data
            return cast(float | str | Unset, data)

        stop_after = _parse_stop_after(d.pop("stop_after", UNSET))

        def _parse_kill_grace(data: object) -> float | str | Unset:
            if isinstance(data, Unset):
                return data
            return cast(float | str | Unset, data)

        kill_grace = _parse_kill_grace(d.pop("kill_grace", UNSET))

        _lane_shares = d.pop("lane_shares", UNSET)
        lane_shares: PoolDocumentLaneShares | Unset
        if isinstance(_lane_shares, Unset):
            lane_shares = UNSET
        else:
            lane_shares = PoolDocumentLaneShares.from_dict(_lane_shares)

        _network = d.pop("network", UNSET)
        network: NetworkPolicy | Unset
        if isinstance(_network, Unset):
            network = UNSET
        else:
            network = NetworkPolicy(_network)

        def _parse_price_per_hour(data: object) -> float | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(float | None | Unset, data)

        price_per_hour = _parse_price_per_hour(d.pop("price_per_hour", UNSET))

        _takes = d.pop("takes", UNSET)
        takes: Admission | Unset
        if isinstance(_takes, Unset):
            takes = UNSET
        else:
            takes = Admission.from_dict(_takes)

        _scaling = d.pop("scaling", UNSET)
        scaling: Scaling | Unset
        if isinstance(_scaling, Unset):
            scaling = UNSET
        else:
            scaling = Scaling.from_dict(_scaling)

        def _parse_instances(data: object) -> AdmittedInstances | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                instances_type_0 = AdmittedInstances.from_dict(data)

                return instances_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(AdmittedInstances | None | Unset, data)

        instances = _parse_instances(d.pop("instances", UNSET))

        def _parse_agent_release(data: object) -> AgentRelease | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                agent_release_type_0 = AgentRelease.from_dict(data)

                return agent_release_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(AgentRelease | None | Unset, data)

        agent_release = _parse_agent_release(d.pop("agent_release", UNSET))

        def _parse_etag(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        etag = _parse_etag(d.pop("etag", UNSET))

        pool_document = cls(
            name=name,
            resources=resources,
            description=description,
            labels=labels,
            stop_after=stop_after,
            kill_grace=kill_grace,
            lane_shares=lane_shares,
            network=network,
            price_per_hour=price_per_hour,
            takes=takes,
            scaling=scaling,
            instances=instances,
            agent_release=agent_release,
            etag=etag,
        )

        return pool_document
