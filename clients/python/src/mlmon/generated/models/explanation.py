from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.run_state import RunState
from ..types import UNSET, Unset
from typing import cast
import datetime

if TYPE_CHECKING:
    from ..models.deadline_explanation import DeadlineExplanation
    from ..models.forecast import Forecast
    from ..models.hindrance import Hindrance


T = TypeVar("T", bound="Explanation")


@_attrs_define
class Explanation:
    """Everything that holds a run, at one moment.

    Attributes:
        summary: One sentence.
        hindrances: What keeps it from starting; empty once it has started.
        place: How many-th it is where it waits: among queued runs of its lane and pools, or
            at the gate that it is parked at; None elsewhere.
        starts: None when it has started, or nothing says when it will.
        ends: None when nothing says when it will.
        deadline: What is expected of a run that has one and is not final.
        measured_runs: Successful runs of the job that the forecast rests on; 0: a guess.

    """

    run: str
    state: RunState
    """ Where a run is; the last five are final. """
    summary: str
    as_of: datetime.datetime
    hindrances: list[Hindrance] | Unset = UNSET
    place: int | None | Unset = UNSET
    starts: Forecast | None | Unset = UNSET
    ends: Forecast | None | Unset = UNSET
    deadline: DeadlineExplanation | None | Unset = UNSET
    measured_runs: int | Unset = 0
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.deadline_explanation import DeadlineExplanation  # noqa: PLC0415
        from ..models.forecast import Forecast  # noqa: PLC0415
        from ..models.hindrance import Hindrance  # noqa: PLC0415

        run = self.run

        state = self.state.value

        summary = self.summary

        as_of = self.as_of.isoformat()

        hindrances: list[dict[str, Any]] | Unset = UNSET
        if not isinstance(self.hindrances, Unset):
            hindrances = []
            for hindrances_item_data in self.hindrances:
                hindrances_item = hindrances_item_data.to_dict()
                hindrances.append(hindrances_item)

        place: int | None | Unset
        if isinstance(self.place, Unset):
            place = UNSET
        else:
            place = self.place

        starts: dict[str, Any] | None | Unset
        if isinstance(self.starts, Unset):
            starts = UNSET
        elif isinstance(self.starts, Forecast):
            starts = self.starts.to_dict()
        else:
            starts = self.starts

        ends: dict[str, Any] | None | Unset
        if isinstance(self.ends, Unset):
            ends = UNSET
        elif isinstance(self.ends, Forecast):
            ends = self.ends.to_dict()
        else:
            ends = self.ends

        deadline: dict[str, Any] | None | Unset
        if isinstance(self.deadline, Unset):
            deadline = UNSET
        elif isinstance(self.deadline, DeadlineExplanation):
            deadline = self.deadline.to_dict()
        else:
            deadline = self.deadline

        measured_runs = self.measured_runs

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "run": run,
                "state": state,
                "summary": summary,
                "as_of": as_of,
            }
        )
        if hindrances is not UNSET:
            field_dict["hindrances"] = hindrances
        if place is not UNSET:
            field_dict["place"] = place
        if starts is not UNSET:
            field_dict["starts"] = starts
        if ends is not UNSET:
            field_dict["ends"] = ends
        if deadline is not UNSET:
            field_dict["deadline"] = deadline
        if measured_runs is not UNSET:
            field_dict["measured_runs"] = measured_runs

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.deadline_explanation import DeadlineExplanation  # noqa: PLC0415
        from ..models.forecast import Forecast  # noqa: PLC0415
        from ..models.hindrance import Hindrance  # noqa: PLC0415

        d = dict(src_dict)
        run = d.pop("run")

        state = RunState(d.pop("state"))

        summary = d.pop("summary")

        as_of = datetime.datetime.fromisoformat(d.pop("as_of"))

        _hindrances = d.pop("hindrances", UNSET)
        hindrances: list[Hindrance] | Unset = UNSET
        if _hindrances is not UNSET:
            hindrances = []
            for hindrances_item_data in _hindrances:
                hindrances_item = Hindrance.from_dict(hindrances_item_data)

                hindrances.append(hindrances_item)

        def _parse_place(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        place = _parse_place(d.pop("place", UNSET))

        def _parse_starts(data: object) -> Forecast | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                starts_type_0 = Forecast.from_dict(data)

                return starts_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(Forecast | None | Unset, data)

        starts = _parse_starts(d.pop("starts", UNSET))

        def _parse_ends(data: object) -> Forecast | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                ends_type_0 = Forecast.from_dict(data)

                return ends_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(Forecast | None | Unset, data)

        ends = _parse_ends(d.pop("ends", UNSET))

        def _parse_deadline(data: object) -> DeadlineExplanation | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                deadline_type_0 = DeadlineExplanation.from_dict(data)

                return deadline_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(DeadlineExplanation | None | Unset, data)

        deadline = _parse_deadline(d.pop("deadline", UNSET))

        measured_runs = d.pop("measured_runs", UNSET)

        explanation = cls(
            run=run,
            state=state,
            summary=summary,
            as_of=as_of,
            hindrances=hindrances,
            place=place,
            starts=starts,
            ends=ends,
            deadline=deadline,
            measured_runs=measured_runs,
        )

        explanation.additional_properties = d
        return explanation

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
