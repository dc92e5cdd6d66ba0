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
    from ..models.resources import Resources


T = TypeVar("T", bound="Pool")


@_attrs_define
class Pool:
    """A named class of hosts.

    Attributes:
        resources: Of the pool's largest host: what can never fit is refused at submission.
        stop_after: Seconds after its last acknowledged beat at which an agent stops its
            attempts by itself.
        kill_grace: Seconds between SIGTERM and SIGKILL.
        critical_share: How much of the pool, in any resource, runs of lane critical may hold
            before they take only what other lanes leave.
        network: What containers of the pool can reach: nothing, what the engine's bridge
            lets through, or all that the host does.

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
    stop_after: float | str | Unset = 600.0
    """ Seconds, or text such as 90s, 20m or 2h. """
    kill_grace: float | str | Unset = 10.0
    """ Seconds, or text such as 90s, 20m or 2h. """
    critical_share: float | Unset = 1.0
    network: NetworkPolicy | Unset = UNSET
    """ What the containers of a pool can reach. """

    def to_dict(self) -> dict[str, Any]:
        from ..models.resources import Resources  # noqa: PLC0415

        name = self.name

        resources = self.resources.to_dict()

        description = self.description

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

        critical_share = self.critical_share

        network: str | Unset = UNSET
        if not isinstance(self.network, Unset):
            network = self.network.value

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "name": name,
                "resources": resources,
            }
        )
        if description is not UNSET:
            field_dict["description"] = description
        if stop_after is not UNSET:
            field_dict["stop_after"] = stop_after
        if kill_grace is not UNSET:
            field_dict["kill_grace"] = kill_grace
        if critical_share is not UNSET:
            field_dict["critical_share"] = critical_share
        if network is not UNSET:
            field_dict["network"] = network

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.resources import Resources  # noqa: PLC0415

        d = dict(src_dict)
        name = d.pop("name")

        resources = Resources.from_dict(d.pop("resources"))

        description = d.pop("description", UNSET)

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

        critical_share = d.pop("critical_share", UNSET)

        _network = d.pop("network", UNSET)
        network: NetworkPolicy | Unset
        if isinstance(_network, Unset):
            network = UNSET
        else:
            network = NetworkPolicy(_network)

        pool = cls(
            name=name,
            resources=resources,
            description=description,
            stop_after=stop_after,
            kill_grace=kill_grace,
            critical_share=critical_share,
            network=network,
        )

        return pool
