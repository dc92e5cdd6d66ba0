from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.webhook_event import WebhookEvent
from ..types import UNSET, Unset
from typing import cast
import datetime

if TYPE_CHECKING:
    from ..models.client_selector import ClientSelector


T = TypeVar("T", bound="WebhookDocument")


@_attrs_define
class WebhookDocument:
    """A webhook as it is stored, without its secret.

    Attributes:
        secret_created_at: When the secret that signs was made.
        old_secret_expires_at: Until when the one before signs as well; None for none.
        secrets_wrapped_by: Keys that wrap its secrets where they are stored; none when the
            server has no keys, and keeps them as they are.
        etag: What `If-Match` names to change this and nothing else.

    """

    name: str
    url: str
    events: list[WebhookEvent]
    secret_created_at: datetime.datetime
    description: str | Unset = ""
    jobs: list[str] | Unset = UNSET
    clients: ClientSelector | Unset = UNSET
    """ Which clients: those with all of the labels, or those that are named; all when empty. """
    is_paused: bool | Unset = False
    old_secret_expires_at: datetime.datetime | None | Unset = UNSET
    secrets_wrapped_by: list[str] | Unset = UNSET
    etag: None | str | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        from ..models.client_selector import ClientSelector  # noqa: PLC0415

        name = self.name

        url = self.url

        events = []
        for events_item_data in self.events:
            events_item = events_item_data.value
            events.append(events_item)

        secret_created_at = self.secret_created_at.isoformat()

        description = self.description

        jobs: list[str] | Unset = UNSET
        if not isinstance(self.jobs, Unset):
            jobs = self.jobs

        clients: dict[str, Any] | Unset = UNSET
        if not isinstance(self.clients, Unset):
            clients = self.clients.to_dict()

        is_paused = self.is_paused

        old_secret_expires_at: None | str | Unset
        if isinstance(self.old_secret_expires_at, Unset):
            old_secret_expires_at = UNSET
        elif isinstance(self.old_secret_expires_at, datetime.datetime):
            old_secret_expires_at = self.old_secret_expires_at.isoformat()
        else:
            old_secret_expires_at = self.old_secret_expires_at

        secrets_wrapped_by: list[str] | Unset = UNSET
        if not isinstance(self.secrets_wrapped_by, Unset):
            secrets_wrapped_by = self.secrets_wrapped_by

        etag: None | str | Unset
        if isinstance(self.etag, Unset):
            etag = UNSET
        else:
            etag = self.etag

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "name": name,
                "url": url,
                "events": events,
                "secret_created_at": secret_created_at,
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
        if old_secret_expires_at is not UNSET:
            field_dict["old_secret_expires_at"] = old_secret_expires_at
        if secrets_wrapped_by is not UNSET:
            field_dict["secrets_wrapped_by"] = secrets_wrapped_by
        if etag is not UNSET:
            field_dict["etag"] = etag

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

        secret_created_at = datetime.datetime.fromisoformat(d.pop("secret_created_at"))

        description = d.pop("description", UNSET)

        jobs = cast(list[str], d.pop("jobs", UNSET))

        _clients = d.pop("clients", UNSET)
        clients: ClientSelector | Unset
        if isinstance(_clients, Unset):
            clients = UNSET
        else:
            clients = ClientSelector.from_dict(_clients)

        is_paused = d.pop("is_paused", UNSET)

        def _parse_old_secret_expires_at(data: object) -> datetime.datetime | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                old_secret_expires_at_type_0 = datetime.datetime.fromisoformat(data)

                return old_secret_expires_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None | Unset, data)

        old_secret_expires_at = _parse_old_secret_expires_at(d.pop("old_secret_expires_at", UNSET))

        secrets_wrapped_by = cast(list[str], d.pop("secrets_wrapped_by", UNSET))

        def _parse_etag(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        etag = _parse_etag(d.pop("etag", UNSET))

        webhook_document = cls(
            name=name,
            url=url,
            events=events,
            secret_created_at=secret_created_at,
            description=description,
            jobs=jobs,
            clients=clients,
            is_paused=is_paused,
            old_secret_expires_at=old_secret_expires_at,
            secrets_wrapped_by=secrets_wrapped_by,
            etag=etag,
        )

        return webhook_document
