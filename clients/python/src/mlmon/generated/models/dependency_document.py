from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.condition import Condition
from ..models.missing import Missing
from ..models.run_state import RunState
from ..types import UNSET, Unset
from typing import cast


T = TypeVar("T", bound="DependencyDocument")


@_attrs_define
class DependencyDocument:
    """What a run waits or waited for: one run, or a share of a job's runs in its batch.

    Attributes:
        run: The upstream run, for a plain edge. A definition's dependency on the client's
            newest run of a job has none while the next one is awaited, or if none was.
        within: Of such a dependency, in seconds.
        missing: Of such a dependency.
        outcome: In a re-run: how the upstream run, which was not run again, had ended.
        group: The fan-in group, otherwise.
        expected: How many runs the group has.

    """

    job: str
    when: Condition | Unset = UNSET
    """ What an edge waits for; `finished` is any final state. """
    run: None | str | Unset = UNSET
    within: float | None | Unset = UNSET
    missing: Missing | None | Unset = UNSET
    outcome: None | RunState | Unset = UNSET
    group: None | str | Unset = UNSET
    percent: float | None | Unset = UNSET
    expected: int | None | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        job = self.job

        when: str | Unset = UNSET
        if not isinstance(self.when, Unset):
            when = self.when.value

        run: None | str | Unset
        if isinstance(self.run, Unset):
            run = UNSET
        else:
            run = self.run

        within: float | None | Unset
        if isinstance(self.within, Unset):
            within = UNSET
        else:
            within = self.within

        missing: None | str | Unset
        if isinstance(self.missing, Unset):
            missing = UNSET
        elif isinstance(self.missing, Missing):
            missing = self.missing.value
        else:
            missing = self.missing

        outcome: None | str | Unset
        if isinstance(self.outcome, Unset):
            outcome = UNSET
        elif isinstance(self.outcome, RunState):
            outcome = self.outcome.value
        else:
            outcome = self.outcome

        group: None | str | Unset
        if isinstance(self.group, Unset):
            group = UNSET
        else:
            group = self.group

        percent: float | None | Unset
        if isinstance(self.percent, Unset):
            percent = UNSET
        else:
            percent = self.percent

        expected: int | None | Unset
        if isinstance(self.expected, Unset):
            expected = UNSET
        else:
            expected = self.expected

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "job": job,
            }
        )
        if when is not UNSET:
            field_dict["when"] = when
        if run is not UNSET:
            field_dict["run"] = run
        if within is not UNSET:
            field_dict["within"] = within
        if missing is not UNSET:
            field_dict["missing"] = missing
        if outcome is not UNSET:
            field_dict["outcome"] = outcome
        if group is not UNSET:
            field_dict["group"] = group
        if percent is not UNSET:
            field_dict["percent"] = percent
        if expected is not UNSET:
            field_dict["expected"] = expected

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        job = d.pop("job")

        _when = d.pop("when", UNSET)
        when: Condition | Unset
        if isinstance(_when, Unset):
            when = UNSET
        else:
            when = Condition(_when)

        def _parse_run(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        run = _parse_run(d.pop("run", UNSET))

        def _parse_within(data: object) -> float | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(float | None | Unset, data)

        within = _parse_within(d.pop("within", UNSET))

        def _parse_missing(data: object) -> Missing | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                missing_type_0 = Missing(data)

                return missing_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(Missing | None | Unset, data)

        missing = _parse_missing(d.pop("missing", UNSET))

        def _parse_outcome(data: object) -> None | RunState | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                outcome_type_0 = RunState(data)

                return outcome_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | RunState | Unset, data)

        outcome = _parse_outcome(d.pop("outcome", UNSET))

        def _parse_group(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        group = _parse_group(d.pop("group", UNSET))

        def _parse_percent(data: object) -> float | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(float | None | Unset, data)

        percent = _parse_percent(d.pop("percent", UNSET))

        def _parse_expected(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        expected = _parse_expected(d.pop("expected", UNSET))

        dependency_document = cls(
            job=job,
            when=when,
            run=run,
            within=within,
            missing=missing,
            outcome=outcome,
            group=group,
            percent=percent,
            expected=expected,
        )

        dependency_document.additional_properties = d
        return dependency_document

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
