from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..types import UNSET, Unset
from typing import cast

if TYPE_CHECKING:
    from ..models.progress_report_metrics import ProgressReportMetrics


T = TypeVar("T", bound="ProgressReport")


@_attrs_define
class ProgressReport:
    """How far an attempt is, and what it has measured; what is left out stays as it is.

    Attributes:
        progress: 0 to 1.
        metrics: Values by name, which go before those reported earlier by the same names.

    """

    progress: float | None | Unset = UNSET
    metrics: ProgressReportMetrics | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        from ..models.progress_report_metrics import ProgressReportMetrics  # noqa: PLC0415

        progress: float | None | Unset
        if isinstance(self.progress, Unset):
            progress = UNSET
        else:
            progress = self.progress

        metrics: dict[str, Any] | Unset = UNSET
        if not isinstance(self.metrics, Unset):
            metrics = self.metrics.to_dict()

        field_dict: dict[str, Any] = {}

        field_dict.update({})
        if progress is not UNSET:
            field_dict["progress"] = progress
        if metrics is not UNSET:
            field_dict["metrics"] = metrics

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.progress_report_metrics import ProgressReportMetrics  # noqa: PLC0415

        d = dict(src_dict)

        def _parse_progress(data: object) -> float | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(float | None | Unset, data)

        progress = _parse_progress(d.pop("progress", UNSET))

        _metrics = d.pop("metrics", UNSET)
        metrics: ProgressReportMetrics | Unset
        if isinstance(_metrics, Unset):
            metrics = UNSET
        else:
            metrics = ProgressReportMetrics.from_dict(_metrics)

        progress_report = cls(
            progress=progress,
            metrics=metrics,
        )

        return progress_report
