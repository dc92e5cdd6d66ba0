from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.lane import Lane
from ..types import UNSET, Unset
from typing import cast
import datetime

if TYPE_CHECKING:
    from ..models.client_selector import ClientSelector


T = TypeVar("T", bound="BackfillRequest")


@_attrs_define
class BackfillRequest:
    """A request to run a job for slots of its schedule that lie in the past.

    Attributes:
        job: It has a schedule, which says the slots.
        since: The first slot is this moment's, or the next.
        until: The last slot lies before this moment.
        clients: Those of the schedule when left out.
        lane: Its runs go in it.
        max_active: A further slot begins once fewer of its runs than this are not final.

    """

    job: str
    since: datetime.datetime
    until: datetime.datetime
    clients: ClientSelector | None | Unset = UNSET
    lane: Lane | Unset = UNSET
    """ Priority classes: `critical` goes before all; the others share, 64 : 16 : 4 : 1. """
    max_active: int | Unset = 100

    def to_dict(self) -> dict[str, Any]:
        from ..models.client_selector import ClientSelector  # noqa: PLC0415

        job = self.job

        since = self.since.isoformat()

        until = self.until.isoformat()

        clients: dict[str, Any] | None | Unset
        if isinstance(self.clients, Unset):
            clients = UNSET
        elif isinstance(self.clients, ClientSelector):
            clients = self.clients.to_dict()
        else:
            clients = self.clients

        lane: str | Unset = UNSET
        if not isinstance(self.lane, Unset):
            lane = self.lane.value

        max_active = self.max_active

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "job": job,
                "since": since,
                "until": until,
            }
        )
        if clients is not UNSET:
            field_dict["clients"] = clients
        if lane is not UNSET:
            field_dict["lane"] = lane
        if max_active is not UNSET:
            field_dict["max_active"] = max_active

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.client_selector import ClientSelector  # noqa: PLC0415

        d = dict(src_dict)
        job = d.pop("job")

        since = datetime.datetime.fromisoformat(d.pop("since"))

        until = datetime.datetime.fromisoformat(d.pop("until"))

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

        _lane = d.pop("lane", UNSET)
        lane: Lane | Unset
        if isinstance(_lane, Unset):
            lane = UNSET
        else:
            lane = Lane(_lane)

        max_active = d.pop("max_active", UNSET)

        backfill_request = cls(
            job=job,
            since=since,
            until=until,
            clients=clients,
            lane=lane,
            max_active=max_active,
        )

        return backfill_request
