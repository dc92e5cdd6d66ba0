from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.action import Action
from ..models.action_kind import ActionKind
from ..types import UNSET, Unset
from typing import cast
import datetime

if TYPE_CHECKING:
    from ..models.action_document_after_type_0 import ActionDocumentAfterType0
    from ..models.action_document_before_type_0 import ActionDocumentBeforeType0


T = TypeVar("T", bound="ActionDocument")


@_attrs_define
class ActionDocument:
    """One thing that somebody asked of the scheduler, recorded before it was done.

    Attributes:
        by: Name of the token or user.
        name: Id of the run, batch, agent or backfill; of a breaker `<job>:<version>`.
        client: Whose it is, where it is one client's alone.
        job: Which it is of, where it is one job's alone.
        before: What of it was so; null where there was nothing.
        after: What of it was asked to be so.
        request_id: `X-Request-Id` of the request.

    """

    id: str
    at: datetime.datetime
    by: str
    action: Action
    """ What was done. """
    kind: ActionKind
    """ What an action was done to. """
    name: str
    client: None | str | Unset = UNSET
    job: None | str | Unset = UNSET
    before: ActionDocumentBeforeType0 | None | Unset = UNSET
    after: ActionDocumentAfterType0 | None | Unset = UNSET
    request_id: None | str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.action_document_after_type_0 import ActionDocumentAfterType0  # noqa: PLC0415
        from ..models.action_document_before_type_0 import ActionDocumentBeforeType0  # noqa: PLC0415

        id = self.id

        at = self.at.isoformat()

        by = self.by

        action = self.action.value

        kind = self.kind.value

        name = self.name

        client: None | str | Unset
        if isinstance(self.client, Unset):
            client = UNSET
        else:
            client = self.client

        job: None | str | Unset
        if isinstance(self.job, Unset):
            job = UNSET
        else:
            job = self.job

        before: dict[str, Any] | None | Unset
        if isinstance(self.before, Unset):
            before = UNSET
        elif isinstance(self.before, ActionDocumentBeforeType0):
            before = self.before.to_dict()
        else:
            before = self.before

        after: dict[str, Any] | None | Unset
        if isinstance(self.after, Unset):
            after = UNSET
        elif isinstance(self.after, ActionDocumentAfterType0):
            after = self.after.to_dict()
        else:
            after = self.after

        request_id: None | str | Unset
        if isinstance(self.request_id, Unset):
            request_id = UNSET
        else:
            request_id = self.request_id

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "at": at,
                "by": by,
                "action": action,
                "kind": kind,
                "name": name,
            }
        )
        if client is not UNSET:
            field_dict["client"] = client
        if job is not UNSET:
            field_dict["job"] = job
        if before is not UNSET:
            field_dict["before"] = before
        if after is not UNSET:
            field_dict["after"] = after
        if request_id is not UNSET:
            field_dict["request_id"] = request_id

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.action_document_after_type_0 import ActionDocumentAfterType0  # noqa: PLC0415
        from ..models.action_document_before_type_0 import ActionDocumentBeforeType0  # noqa: PLC0415

        d = dict(src_dict)
        id = d.pop("id")

        at = datetime.datetime.fromisoformat(d.pop("at"))

        by = d.pop("by")

        action = Action(d.pop("action"))

        kind = ActionKind(d.pop("kind"))

        name = d.pop("name")

        def _parse_client(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        client = _parse_client(d.pop("client", UNSET))

        def _parse_job(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        job = _parse_job(d.pop("job", UNSET))

        def _parse_before(data: object) -> ActionDocumentBeforeType0 | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                before_type_0 = ActionDocumentBeforeType0.from_dict(data)

                return before_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(ActionDocumentBeforeType0 | None | Unset, data)

        before = _parse_before(d.pop("before", UNSET))

        def _parse_after(data: object) -> ActionDocumentAfterType0 | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                after_type_0 = ActionDocumentAfterType0.from_dict(data)

                return after_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(ActionDocumentAfterType0 | None | Unset, data)

        after = _parse_after(d.pop("after", UNSET))

        def _parse_request_id(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        request_id = _parse_request_id(d.pop("request_id", UNSET))

        action_document = cls(
            id=id,
            at=at,
            by=by,
            action=action,
            kind=kind,
            name=name,
            client=client,
            job=job,
            before=before,
            after=after,
            request_id=request_id,
        )

        action_document.additional_properties = d
        return action_document

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
