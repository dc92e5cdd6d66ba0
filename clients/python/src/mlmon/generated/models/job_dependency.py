from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.condition import Condition
from ..models.dependency_scope import DependencyScope
from ..models.missing import Missing
from ..types import UNSET, Unset
from typing import cast


T = TypeVar("T", bound="JobDependency")


@_attrs_define
class JobDependency:
    """A run of this job waits for another job's runs.

    Attributes:
        job: The upstream job.
        scope: `same-client` waits for that client's runs of the job in the same batch, else
            for the client's newest run of it; `batch` fans in over every run of the job in
            the batch.
        when: The condition, for `same-client`.
        within: For `same-client`: the newest run counts if it is live, or ended no longer than
            this ago.
        missing: For `same-client`: what happens when there is no such run.
        percent: For `batch`: this share of the upstream runs must succeed; all must be final.

    """

    job: str
    scope: DependencyScope | Unset = UNSET
    """ Whose runs an upstream job is looked for among. """
    when: Condition | Unset = UNSET
    """ What an edge waits for; `finished` is any final state. """
    within: float | None | str | Unset = UNSET
    missing: Missing | Unset = UNSET
    """ What a run does when the run that it should wait for does not exist.

    `wait` for the next one, `skip` this run, or `run` it without. """
    percent: float | None | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        job = self.job

        scope: str | Unset = UNSET
        if not isinstance(self.scope, Unset):
            scope = self.scope.value

        when: str | Unset = UNSET
        if not isinstance(self.when, Unset):
            when = self.when.value

        within: float | None | str | Unset
        if isinstance(self.within, Unset):
            within = UNSET
        else:
            within = self.within

        missing: str | Unset = UNSET
        if not isinstance(self.missing, Unset):
            missing = self.missing.value

        percent: float | None | Unset
        if isinstance(self.percent, Unset):
            percent = UNSET
        else:
            percent = self.percent

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "job": job,
            }
        )
        if scope is not UNSET:
            field_dict["scope"] = scope
        if when is not UNSET:
            field_dict["when"] = when
        if within is not UNSET:
            field_dict["within"] = within
        if missing is not UNSET:
            field_dict["missing"] = missing
        if percent is not UNSET:
            field_dict["percent"] = percent

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        job = d.pop("job")

        _scope = d.pop("scope", UNSET)
        scope: DependencyScope | Unset
        if isinstance(_scope, Unset):
            scope = UNSET
        else:
            scope = DependencyScope(_scope)

        _when = d.pop("when", UNSET)
        when: Condition | Unset
        if isinstance(_when, Unset):
            when = UNSET
        else:
            when = Condition(_when)

        def _parse_within(data: object) -> float | None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(float | None | str | Unset, data)

        within = _parse_within(d.pop("within", UNSET))

        _missing = d.pop("missing", UNSET)
        missing: Missing | Unset
        if isinstance(_missing, Unset):
            missing = UNSET
        else:
            missing = Missing(_missing)

        def _parse_percent(data: object) -> float | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(float | None | Unset, data)

        percent = _parse_percent(d.pop("percent", UNSET))

        job_dependency = cls(
            job=job,
            scope=scope,
            when=when,
            within=within,
            missing=missing,
            percent=percent,
        )

        return job_dependency
