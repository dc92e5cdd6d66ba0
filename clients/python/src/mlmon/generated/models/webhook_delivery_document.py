from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.delivery_state import DeliveryState
from ..types import UNSET, Unset
from typing import cast
import datetime


T = TypeVar("T", bound="WebhookDeliveryDocument")


@_attrs_define
class WebhookDeliveryDocument:
    """One message to one webhook.

    Attributes:
        id: The `webhook-id` that the receiver sees, the same on every try.
        event: The message's type: how the run or batch ended.
        subject: Id of the run or batch.
        occurred_at: When it ended.
        tries: How often it was sent.
        next_try_at: Of one that is pending.
        last_status: What the receiver answered last; None when it did not.
        last_error: Why the last try failed, in words.

    """

    id: str
    webhook: str
    event: str
    subject: str
    state: DeliveryState
    """ Where a delivery is; `given_up` was tried for a day, or could not be tried any more. """
    occurred_at: datetime.datetime
    tries: int | Unset = 0
    next_try_at: datetime.datetime | None | Unset = UNSET
    last_tried_at: datetime.datetime | None | Unset = UNSET
    last_status: int | None | Unset = UNSET
    last_error: str | Unset = ""
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        id = self.id

        webhook = self.webhook

        event = self.event

        subject = self.subject

        state = self.state.value

        occurred_at = self.occurred_at.isoformat()

        tries = self.tries

        next_try_at: None | str | Unset
        if isinstance(self.next_try_at, Unset):
            next_try_at = UNSET
        elif isinstance(self.next_try_at, datetime.datetime):
            next_try_at = self.next_try_at.isoformat()
        else:
            next_try_at = self.next_try_at

        last_tried_at: None | str | Unset
        if isinstance(self.last_tried_at, Unset):
            last_tried_at = UNSET
        elif isinstance(self.last_tried_at, datetime.datetime):
            last_tried_at = self.last_tried_at.isoformat()
        else:
            last_tried_at = self.last_tried_at

        last_status: int | None | Unset
        if isinstance(self.last_status, Unset):
            last_status = UNSET
        else:
            last_status = self.last_status

        last_error = self.last_error

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "webhook": webhook,
                "event": event,
                "subject": subject,
                "state": state,
                "occurred_at": occurred_at,
            }
        )
        if tries is not UNSET:
            field_dict["tries"] = tries
        if next_try_at is not UNSET:
            field_dict["next_try_at"] = next_try_at
        if last_tried_at is not UNSET:
            field_dict["last_tried_at"] = last_tried_at
        if last_status is not UNSET:
            field_dict["last_status"] = last_status
        if last_error is not UNSET:
            field_dict["last_error"] = last_error

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        id = d.pop("id")

        webhook = d.pop("webhook")

        event = d.pop("event")

        subject = d.pop("subject")

        state = DeliveryState(d.pop("state"))

        occurred_at = datetime.datetime.fromisoformat(d.pop("occurred_at"))

        tries = d.pop("tries", UNSET)

        def _parse_next_try_at(data: object) -> datetime.datetime | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                next_try_at_type_0 = datetime.datetime.fromisoformat(data)

                return next_try_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None | Unset, data)

        next_try_at = _parse_next_try_at(d.pop("next_try_at", UNSET))

        def _parse_last_tried_at(data: object) -> datetime.datetime | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                last_tried_at_type_0 = datetime.datetime.fromisoformat(data)

                return last_tried_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None | Unset, data)

        last_tried_at = _parse_last_tried_at(d.pop("last_tried_at", UNSET))

        def _parse_last_status(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        last_status = _parse_last_status(d.pop("last_status", UNSET))

        last_error = d.pop("last_error", UNSET)

        webhook_delivery_document = cls(
            id=id,
            webhook=webhook,
            event=event,
            subject=subject,
            state=state,
            occurred_at=occurred_at,
            tries=tries,
            next_try_at=next_try_at,
            last_tried_at=last_tried_at,
            last_status=last_status,
            last_error=last_error,
        )

        webhook_delivery_document.additional_properties = d
        return webhook_delivery_document

    @property
    def additional_keys(self) -> list[str]:
        return list(self.additional_properties.keys())

    def __getitem__(self, key: str) -> Any:
        return self.additional_properties[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.additional_properties[key] = value

    def __delitem__(self, key: str) -> None:
        del self.additional_properties[key]

    def __contains__(self, key: str) -> bool:
        return key in self.additional_properties
