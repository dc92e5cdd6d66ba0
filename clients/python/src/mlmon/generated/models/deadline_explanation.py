from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.deadline_outlook import DeadlineOutlook
from typing import cast
import datetime


T = TypeVar("T", bound="DeadlineExplanation")


@_attrs_define
class DeadlineExplanation:
    """What is expected of a run that shall have ended by some time.

    Attributes:
        slack_seconds: To spare, if it and what it waits for go on at once; negative: it will be
            late.
        detail: One sentence.

    """

    deadline: datetime.datetime
    outlook: DeadlineOutlook
    """ What is expected of a run that has a deadline. """
    slack_seconds: float
    detail: str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        deadline = self.deadline.isoformat()

        outlook = self.outlook.value

        slack_seconds = self.slack_seconds

        detail = self.detail

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "deadline": deadline,
                "outlook": outlook,
                "slack_seconds": slack_seconds,
                "detail": detail,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        deadline = datetime.datetime.fromisoformat(d.pop("deadline"))

        outlook = DeadlineOutlook(d.pop("outlook"))

        slack_seconds = d.pop("slack_seconds")

        detail = d.pop("detail")

        deadline_explanation = cls(
            deadline=deadline,
            outlook=outlook,
            slack_seconds=slack_seconds,
            detail=detail,
        )

        deadline_explanation.additional_properties = d
        return deadline_explanation

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
