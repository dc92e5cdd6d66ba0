from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.misfire_kind import MisfireKind
from ..models.overlap import Overlap
from ..types import UNSET, Unset
from typing import cast

if TYPE_CHECKING:
    from ..models.client_selector import ClientSelector
    from ..models.fire_all import FireAll


T = TypeVar("T", bound="Schedule")


@_attrs_define
class Schedule:
    """When a job runs by itself.

    Attributes:
        cron: Five fields: minute, hour, day of month, month, day of week.
        timezone: In which they are meant.
        clients: For which it runs.
        jitter: Seconds over which the runs of a slot are spread, each always at the same place.
        misfire: What becomes of missed slots.
        overlap: What a slot does for a client whose newest run of the job is not final.

    """

    cron: str
    timezone: str | Unset = "UTC"
    clients: ClientSelector | Unset = UNSET
    """ Which clients: those with all of the labels, or those that are named; all when empty. """
    jitter: float | str | Unset = 0.0
    """ Seconds, or text such as 90s, 20m or 2h. """
    misfire: FireAll | MisfireKind | Unset = MisfireKind.FIRE_ONCE
    overlap: Overlap | Unset = UNSET
    """ What a slot does for a client whose newest run of the job is not final yet. """

    def to_dict(self) -> dict[str, Any]:
        from ..models.client_selector import ClientSelector  # noqa: PLC0415
        from ..models.fire_all import FireAll  # noqa: PLC0415

        cron = self.cron

        timezone = self.timezone

        clients: dict[str, Any] | Unset = UNSET
        if not isinstance(self.clients, Unset):
            clients = self.clients.to_dict()

        jitter: float | str | Unset
        if isinstance(self.jitter, Unset):
            jitter = UNSET
        else:
            jitter = self.jitter

        misfire: dict[str, Any] | str | Unset
        if isinstance(self.misfire, Unset):
            misfire = UNSET
        elif isinstance(self.misfire, MisfireKind):
            misfire = self.misfire.value
        else:
            misfire = self.misfire.to_dict()

        overlap: str | Unset = UNSET
        if not isinstance(self.overlap, Unset):
            overlap = self.overlap.value

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "cron": cron,
            }
        )
        if timezone is not UNSET:
            field_dict["timezone"] = timezone
        if clients is not UNSET:
            field_dict["clients"] = clients
        if jitter is not UNSET:
            field_dict["jitter"] = jitter
        if misfire is not UNSET:
            field_dict["misfire"] = misfire
        if overlap is not UNSET:
            field_dict["overlap"] = overlap

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.client_selector import ClientSelector  # noqa: PLC0415
        from ..models.fire_all import FireAll  # noqa: PLC0415

        d = dict(src_dict)
        cron = d.pop("cron")

        timezone = d.pop("timezone", UNSET)

        _clients = d.pop("clients", UNSET)
        clients: ClientSelector | Unset
        if isinstance(_clients, Unset):
            clients = UNSET
        else:
            clients = ClientSelector.from_dict(_clients)

        def _parse_jitter(data: object) -> float | str | Unset:
            if isinstance(data, Unset):
                return data
            return cast(float | str | Unset, data)

        jitter = _parse_jitter(d.pop("jitter", UNSET))

        def _parse_misfire(data: object) -> FireAll | MisfireKind | Unset:
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                misfire_type_0 = MisfireKind(data)

                return misfire_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            if not isinstance(data, dict):
                raise TypeError()
            misfire_type_1 = FireAll.from_dict(data)

            return misfire_type_1

        misfire = _parse_misfire(d.pop("misfire", UNSET))

        _overlap = d.pop("overlap", UNSET)
        overlap: Overlap | Unset
        if isinstance(_overlap, Unset):
            overlap = UNSET
        else:
            overlap = Overlap(_overlap)

        schedule = cls(
            cron=cron,
            timezone=timezone,
            clients=clients,
            jitter=jitter,
            misfire=misfire,
            overlap=overlap,
        )

        return schedule
