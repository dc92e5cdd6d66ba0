from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..types import UNSET, Unset
from typing import cast
import datetime

if TYPE_CHECKING:
    from ..models.audit_event_after_type_0 import AuditEventAfterType0
    from ..models.audit_event_before_type_0 import AuditEventBeforeType0


T = TypeVar("T", bound="AuditEvent")


@_attrs_define
class AuditEvent:
    """One change of the configuration.

    Attributes:
        revision: The config revision at which it is visible; later changes have higher ones.
        by: Name of the token or user that made it, or `settings`.
        kind: What was changed: `job-definition`, `canary`, `pin`, `schedule`, `client`, `pool`,
            `resource`, `secret`, `webhook`, `token` or `user`.
        action: `created`, `changed`, `removed`, `paused`, `resumed`, `archived`, `restored`,
            `password-set`, `invited`, or of a secret (also a webhook's) `rotated` or `sealed`.
        before: The document as it was; null for what is new.
        after: The document as it is since; null for what is gone.

    """

    revision: int
    at: datetime.datetime
    by: str
    kind: str
    name: str
    action: str
    before: AuditEventBeforeType0 | None | Unset = UNSET
    after: AuditEventAfterType0 | None | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.audit_event_after_type_0 import AuditEventAfterType0  # noqa: PLC0415
        from ..models.audit_event_before_type_0 import AuditEventBeforeType0  # noqa: PLC0415

        revision = self.revision

        at = self.at.isoformat()

        by = self.by

        kind = self.kind

        name = self.name

        action = self.action

        before: dict[str, Any] | None | Unset
        if isinstance(self.before, Unset):
            before = UNSET
        elif isinstance(self.before, AuditEventBeforeType0):
            before = self.before.to_dict()
        else:
            before = self.before

        after: dict[str, Any] | None | Unset
        if isinstance(self.after, Unset):
            after = UNSET
        elif isinstance(self.after, AuditEventAfterType0):
            after = self.after.to_dict()
        else:
            after = self.after

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "revision": revision,
                "at": at,
                "by": by,
                "kind": kind,
                "name": name,
                "action": action,
            }
        )
        if before is not UNSET:
            field_dict["before"] = before
        if after is not UNSET:
            field_dict["after"] = after

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.audit_event_after_type_0 import AuditEventAfterType0  # noqa: PLC0415
        from ..models.audit_event_before_type_0 import AuditEventBeforeType0  # noqa: PLC0415

        d = dict(src_dict)
        revision = d.pop("revision")

        at = datetime.datetime.fromisoformat(d.pop("at"))

        by = d.pop("by")

        kind = d.pop("kind")

        name = d.pop("name")

        action = d.pop("action")

        def _parse_before(data: object) -> AuditEventBeforeType0 | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                before_type_0 = AuditEventBeforeType0.from_dict(data)

                return before_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(AuditEventBeforeType0 | None | Unset, data)

        before = _parse_before(d.pop("before", UNSET))

        def _parse_after(data: object) -> AuditEventAfterType0 | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                after_type_0 = AuditEventAfterType0.from_dict(data)

                return after_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(AuditEventAfterType0 | None | Unset, data)

        after = _parse_after(d.pop("after", UNSET))

        audit_event = cls(
            revision=revision,
            at=at,
            by=by,
            kind=kind,
            name=name,
            action=action,
            before=before,
            after=after,
        )

        audit_event.additional_properties = d
        return audit_event

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
