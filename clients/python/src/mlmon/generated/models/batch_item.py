from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.join_kind import JoinKind
from ..models.lane import Lane
from ..models.upstream_failure import UpstreamFailure
from ..types import UNSET, Unset
from typing import cast
import datetime

if TYPE_CHECKING:
    from ..models.batch_item_labels import BatchItemLabels
    from ..models.batch_item_params import BatchItemParams
    from ..models.item_dependency import ItemDependency
    from ..models.number_of import NumberOf


T = TypeVar("T", bound="BatchItem")


@_attrs_define
class BatchItem:
    """One run of a batch; fields as in a run's submission, and a key unique in the batch."""

    key: str
    job: str
    client: str
    version: int | None | Unset = UNSET
    params: BatchItemParams | Unset = UNSET
    priority: int | None | Unset = UNSET
    lane: Lane | None | Unset = UNSET
    depends_on: list[ItemDependency] | Unset = UNSET
    join: JoinKind | None | NumberOf | Unset = UNSET
    on_upstream_failure: None | Unset | UpstreamFailure = UNSET
    not_before: datetime.datetime | None | Unset = UNSET
    start_by: datetime.datetime | None | Unset = UNSET
    deadline: datetime.datetime | None | Unset = UNSET
    labels: BatchItemLabels | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        from ..models.batch_item_labels import BatchItemLabels  # noqa: PLC0415
        from ..models.batch_item_params import BatchItemParams  # noqa: PLC0415
        from ..models.item_dependency import ItemDependency  # noqa: PLC0415
        from ..models.number_of import NumberOf  # noqa: PLC0415

        key = self.key

        job = self.job

        client = self.client

        version: int | None | Unset
        if isinstance(self.version, Unset):
            version = UNSET
        else:
            version = self.version

        params: dict[str, Any] | Unset = UNSET
        if not isinstance(self.params, Unset):
            params = self.params.to_dict()

        priority: int | None | Unset
        if isinstance(self.priority, Unset):
            priority = UNSET
        else:
            priority = self.priority

        lane: None | str | Unset
        if isinstance(self.lane, Unset):
            lane = UNSET
        elif isinstance(self.lane, Lane):
            lane = self.lane.value
        else:
            lane = self.lane

        depends_on: list[dict[str, Any]] | Unset = UNSET
        if not isinstance(self.depends_on, Unset):
            depends_on = []
            for depends_on_item_data in self.depends_on:
                depends_on_item = depends_on_item_data.to_dict()
                depends_on.append(depends_on_item)

        join: dict[str, Any] | None | str | Unset
        if isinstance(self.join, Unset):
            join = UNSET
        elif isinstance(self.join, JoinKind):
            join = self.join.value
        elif isinstance(self.join, NumberOf):
            join = self.join.to_dict()
        else:
            join = self.join

        on_upstream_failure: None | str | Unset
        if isinstance(self.on_upstream_failure, Unset):
            on_upstream_failure = UNSET
        elif isinstance(self.on_upstream_failure, UpstreamFailure):
            on_upstream_failure = self.on_upstream_failure.value
        else:
            on_upstream_failure = self.on_upstream_failure

        not_before: None | str | Unset
        if isinstance(self.not_before, Unset):
            not_before = UNSET
        elif isinstance(self.not_before, datetime.datetime):
            not_before = self.not_before.isoformat()
        else:
            not_before = self.not_before

        start_by: None | str | Unset
        if isinstance(self.start_by, Unset):
            start_by = UNSET
        elif isinstance(self.start_by, datetime.datetime):
            start_by = self.start_by.isoformat()
        else:
            start_by = self.start_by

        deadline: None | str | Unset
        if isinstance(self.deadline, Unset):
            deadline = UNSET
        elif isinstance(self.deadline, datetime.datetime):
            deadline = self.deadline.isoformat()
        else:
            deadline = self.deadline

        labels: dict[str, Any] | Unset = UNSET
        if not isinstance(self.labels, Unset):
            labels = self.labels.to_dict()

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "key": key,
                "job": job,
                "client": client,
            }
        )
        if version is not UNSET:
            field_dict["version"] = version
        if params is not UNSET:
            field_dict["params"] = params
        if priority is not UNSET:
            field_dict["priority"] = priority
        if lane is not UNSET:
            field_dict["lane"] = lane
        if depends_on is not UNSET:
            field_dict["depends_on"] = depends_on
        if join is not UNSET:
            field_dict["join"] = join
        if on_upstream_failure is not UNSET:
            field_dict["on_upstream_failure"] = on_upstream_failure
        if not_before is not UNSET:
            field_dict["not_before"] = not_before
        if start_by is not UNSET:
            field_dict["start_by"] = start_by
        if deadline is not UNSET:
            field_dict["deadline"] = deadline
        if labels is not UNSET:
            field_dict["labels"] = labels

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.batch_item_labels import BatchItemLabels  # noqa: PLC0415
        from ..models.batch_item_params import BatchItemParams  # noqa: PLC0415
        from ..models.item_dependency import ItemDependency  # noqa: PLC0415
        from ..models.number_of import NumberOf  # noqa: PLC0415

        d = dict(src_dict)
        key = d.pop("key")

        job = d.pop("job")

        client = d.pop("client")

        def _parse_version(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        version = _parse_version(d.pop("version", UNSET))

        _params = d.pop("params", UNSET)
        params: BatchItemParams | Unset
        if isinstance(_params, Unset):
            params = UNSET
        else:
            params = BatchItemParams.from_dict(_params)

        def _parse_priority(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        priority = _parse_priority(d.pop("priority", UNSET))

        def _parse_lane(data: object) -> Lane | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                lane_type_0 = Lane(data)

                return lane_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(Lane | None | Unset, data)

        lane = _parse_lane(d.pop("lane", UNSET))

        _depends_on = d.pop("depends_on", UNSET)
        depends_on: list[ItemDependency] | Unset = UNSET
        if _depends_on is not UNSET:
            depends_on = []
            for depends_on_item_data in _depends_on:
                depends_on_item = ItemDependency.from_dict(depends_on_item_data)

                depends_on.append(depends_on_item)

        def _parse_join(data: object) -> JoinKind | None | NumberOf | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                join_type_0 = JoinKind(data)

                return join_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                join_type_1 = NumberOf.from_dict(data)

                return join_type_1
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(JoinKind | None | NumberOf | Unset, data)

        join = _parse_join(d.pop("join", UNSET))

        def _parse_on_upstream_failure(data: object) -> None | Unset | UpstreamFailure:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                on_upstream_failure_type_0 = UpstreamFailure(data)

                return on_upstream_failure_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | Unset | UpstreamFailure, data)

        on_upstream_failure = _parse_on_upstream_failure(d.pop("on_upstream_failure", UNSET))

        def _parse_not_before(data: object) -> datetime.datetime | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                not_before_type_0 = datetime.datetime.fromisoformat(data)

                return not_before_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None | Unset, data)

        not_before = _parse_not_before(d.pop("not_before", UNSET))

        def _parse_start_by(data: object) -> datetime.datetime | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                start_by_type_0 = datetime.datetime.fromisoformat(data)

                return start_by_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None | Unset, data)

        start_by = _parse_start_by(d.pop("start_by", UNSET))

        def _parse_deadline(data: object) -> datetime.datetime | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                deadline_type_0 = datetime.datetime.fromisoformat(data)

                return deadline_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None | Unset, data)

        deadline = _parse_deadline(d.pop("deadline", UNSET))

        _labels = d.pop("labels", UNSET)
        labels: BatchItemLabels | Unset
        if isinstance(_labels, Unset):
            labels = UNSET
        else:
            labels = BatchItemLabels.from_dict(_labels)

        batch_item = cls(
            key=key,
            job=job,
            client=client,
            version=version,
            params=params,
            priority=priority,
            lane=lane,
            depends_on=depends_on,
            join=join,
            on_upstream_failure=on_upstream_failure,
            not_before=not_before,
            start_by=start_by,
            deadline=deadline,
            labels=labels,
        )

        return batch_item
