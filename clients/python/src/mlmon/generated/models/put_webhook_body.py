from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.webhook_event import WebhookEvent
from ..types import UNSET, Unset
from typing import cast

if TYPE_CHECKING:
    from ..models.client_selector import ClientSelector


T = TypeVar("T", bound="PutWebhookBody")


@_attrs_define
class PutWebhookBody:
    """An address that hears of outcomes.

    Attributes:
        url: `https://…`; neither it nor what its name resolves to may be a private address.
        events: What it hears; an end of a run or batch is told once, whatever is listed.
        jobs: Only runs of these jobs; of all when empty.
        clients: Only runs for these clients; for all when empty.
        is_paused: It hears nothing of what ends meanwhile; what was to be sent waits.

    """

    name: str
    url: str
    events: list[WebhookEvent]
    description: str | Unset = ""
    jobs: list[str] | Unset = UNSET
    clients: ClientSelector | Unset = UNSET
    """ Which clients: those with all of the labels, or those that are named; all when empty. """
    is_paused: bool | Unset = False

    def to_dict(self) -> dict[str, Any]:
        from ..models.client_selector import ClientSelector  # noqa: PLC0415

        name = self.name

        url = self.url

        events = []
        for events_item_data in self.events:
            events_item = events_item_data.value
            events.append(events_item)

        description = self.description

        jobs: list[str] | Unset = UNSET
        if not isinstance(self.jobs, Unset):
            jobs = self.jobs

        clients: dict[str, Any] | Unset = UNSET
        if not isinstance(self.clients, Unset):
            clients = self.clients.to_dict()

        is_paused = self.is_paused

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "name": name,
                "url": url,
                "events": events,
            }
        )
        if description is not UNSET:
            field_dict["description"] = description
        if jobs is not UNSET:
            field_dict["jobs"] = jobs
        if clients is not UNSET:
            field_dict["clients"] = clients
        if is_paused is not UNSET:
            field_dict["is_paused"] = is_paused

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.client_selector import ClientSelector  # noqa: PLC0415

        d = dict(src_dict)
        name = d.pop("name")

        url = d.pop("url")

        events = []
        _events = d.pop("events")
        for events_item_data in _events:
            events_item = WebhookEvent(events_item_data)

            events.append(events_item)

        description = d.pop("description", UNSET)

        jobs = cast(list[str], d.pop("jobs", UNSET))

        _clients = d.pop("clients", UNSET)
        clients: ClientSelector | Unset
        if isinstance(_clients, Unset):
            clients = UNSET
        else:
            clients = ClientSelector.from_dict(_clients)

        is_paused = d.pop("is_paused", UNSET)

        put_webhook_body = cls(
            name=name,
            url=url,
            events=events,
            description=description,
            jobs=jobs,
            clients=clients,
            is_paused=is_paused,
        )

        return put_webhook_body
