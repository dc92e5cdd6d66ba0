from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.cause import Cause
from ..models.deadline_outlook import DeadlineOutlook
from ..models.join_kind import JoinKind
from ..models.lane import Lane
from ..models.run_state import RunState
from ..models.upstream_failure import UpstreamFailure
from ..types import UNSET, Unset
from typing import cast
import datetime

if TYPE_CHECKING:
    from ..models.artifact_document import ArtifactDocument
    from ..models.attempt_document import AttemptDocument
    from ..models.checkpoint_document import CheckpointDocument
    from ..models.dependency_document import DependencyDocument
    from ..models.number_of import NumberOf
    from ..models.resources import Resources
    from ..models.run_document_labels import RunDocumentLabels
    from ..models.run_document_metrics import RunDocumentMetrics
    from ..models.run_document_params import RunDocumentParams


T = TypeVar("T", bound="RunDocument")


@_attrs_define
class RunDocument:
    """A run, the same document while it is live and once it is final.

    Attributes:
        key: The item's key in its batch.
        reason: One sentence: why it waits, or why it ended as it did.
        queued_at: When it last became ready.
        start_by: When it expires, if it has not started by then.
        deadline: By when it shall have ended.
        deadline_outlook: Whether it is expected to. `tight`: little time is left, so it goes in
            lane `high` at least; `late`: too little.
        started_at: When its first attempt was accepted.
        queue_seconds: From ready to the last attempt's grant, or to now while it is queued.
        run_seconds: From the last attempt's acceptance to its end, or to now while it runs.
        attempt: Number of the newest attempt, 0 before the first.
        resources: What the newest attempt asked for, or the next one asks for.
        avoid: Hosts on which it failed for causes that are not the command's, the newest last.
        progress: 0 to 1, of the newest attempt.
        slot: The moment of its schedule that it stands for.
        slot_date: The day of that moment in the schedule's zone, as `2026-01-05`.
        backfill: Id of the backfill that started it.
        rerun_of: The run that this one repeats.
        metrics: The last value of each metric that the command printed or its metrics file holds.
        rv: Grows with every change of the run.
        is_durable: Whether the state shown is also in history already.

    """

    id: str
    job: str
    version: int
    client: str
    state: RunState
    """ Where a run is; the last five are final. """
    priority: int
    image: str
    resources: Resources
    """ What one attempt needs of a host.

    Attributes:
        cpu: Cores; fractions of a thousandth are kept.
        memory: Bytes.
        gpus: Whole GPUs.
        disk: Bytes of scratch space.
        exclusive: The attempt takes a host that runs nothing else, and all of it. """
    created_at: datetime.datetime
    rv: int
    batch: None | str | Unset = UNSET
    key: None | str | Unset = UNSET
    reason: None | str | Unset = UNSET
    cause: Cause | None | Unset = UNSET
    exit_code: int | None | Unset = UNSET
    lane: Lane | Unset = UNSET
    """ Priority classes: `critical` goes before all; the others share, 64 : 16 : 4 : 1. """
    labels: RunDocumentLabels | Unset = UNSET
    params: RunDocumentParams | Unset = UNSET
    pools: list[str] | Unset = UNSET
    avoid: list[str] | Unset = UNSET
    depends_on: list[DependencyDocument] | Unset = UNSET
    join: JoinKind | NumberOf | Unset = JoinKind.ALL
    on_upstream_failure: UpstreamFailure | Unset = UNSET
    """ What becomes of a run whose dependencies can no longer be met.

    `skip` ends it, `run` lets it go on as if they were met, `hold` holds it until somebody
    releases it, which lets it go on. """
    queued_at: datetime.datetime | None | Unset = UNSET
    not_before: datetime.datetime | None | Unset = UNSET
    start_by: datetime.datetime | None | Unset = UNSET
    deadline: datetime.datetime | None | Unset = UNSET
    deadline_outlook: DeadlineOutlook | None | Unset = UNSET
    started_at: datetime.datetime | None | Unset = UNSET
    finished_at: datetime.datetime | None | Unset = UNSET
    queue_seconds: float | None | Unset = UNSET
    run_seconds: float | None | Unset = UNSET
    attempt: int | Unset = 0
    attempts: list[AttemptDocument] | Unset = UNSET
    progress: float | None | Unset = UNSET
    metrics: RunDocumentMetrics | Unset = UNSET
    artifacts: list[ArtifactDocument] | Unset = UNSET
    checkpoints: list[CheckpointDocument] | Unset = UNSET
    submitted_by: None | str | Unset = UNSET
    slot: datetime.datetime | None | Unset = UNSET
    slot_date: None | str | Unset = UNSET
    backfill: None | str | Unset = UNSET
    rerun_of: None | str | Unset = UNSET
    is_durable: bool | Unset = False
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.artifact_document import ArtifactDocument  # noqa: PLC0415
        from ..models.attempt_document import AttemptDocument  # noqa: PLC0415
        from ..models.checkpoint_document import CheckpointDocument  # noqa: PLC0415
        from ..models.dependency_document import DependencyDocument  # noqa: PLC0415
        from ..models.number_of import NumberOf  # noqa: PLC0415
        from ..models.resources import Resources  # noqa: PLC0415
        from ..models.run_document_labels import RunDocumentLabels  # noqa: PLC0415
        from ..models.run_document_metrics import RunDocumentMetrics  # noqa: PLC0415
        from ..models.run_document_params import RunDocumentParams  # noqa: PLC0415

        id = self.id

        job = self.job

        version = self.version

        client = self.client

        state = self.state.value

        priority = self.priority

        image = self.image

        resources = self.resources.to_dict()

        created_at = self.created_at.isoformat()

        rv = self.rv

        batch: None | str | Unset
        if isinstance(self.batch, Unset):
            batch = UNSET
        else:
            batch = self.batch

        key: None | str | Unset
        if isinstance(self.key, Unset):
            key = UNSET
        else:
            key = self.key

        reason: None | str | Unset
        if isinstance(self.reason, Unset):
            reason = UNSET
        else:
            reason = self.reason

        cause: None | str | Unset
        if isinstance(self.cause, Unset):
            cause = UNSET
        elif isinstance(self.cause, Cause):
            cause = self.cause.value
        else:
            cause = self.cause

        exit_code: int | None | Unset
        if isinstance(self.exit_code, Unset):
            exit_code = UNSET
        else:
            exit_code = self.exit_code

        lane: str | Unset = UNSET
        if not isinstance(self.lane, Unset):
            lane = self.lane.value

        labels: dict[str, Any] | Unset = UNSET
        if not isinstance(self.labels, Unset):
            labels = self.labels.to_dict()

        params: dict[str, Any] | Unset = UNSET
        if not isinstance(self.params, Unset):
            params = self.params.to_dict()

        pools: list[str] | Unset = UNSET
        if not isinstance(self.pools, Unset):
            pools = self.pools

        avoid: list[str] | Unset = UNSET
        if not isinstance(self.avoid, Unset):
            avoid = self.avoid

        depends_on: list[dict[str, Any]] | Unset = UNSET
        if not isinstance(self.depends_on, Unset):
            depends_on = []
            for depends_on_item_data in self.depends_on:
                depends_on_item = depends_on_item_data.to_dict()
                depends_on.append(depends_on_item)

        join: dict[str, Any] | str | Unset
        if isinstance(self.join, Unset):
            join = UNSET
        elif isinstance(self.join, JoinKind):
            join = self.join.value
        else:
            join = self.join.to_dict()

        on_upstream_failure: str | Unset = UNSET
        if not isinstance(self.on_upstream_failure, Unset):
            on_upstream_failure = self.on_upstream_failure.value

        queued_at: None | str | Unset
        if isinstance(self.queued_at, Unset):
            queued_at = UNSET
        elif isinstance(self.queued_at, datetime.datetime):
            queued_at = self.queued_at.isoformat()
        else:
            queued_at = self.queued_at

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

        deadline_outlook: None | str | Unset
        if isinstance(self.deadline_outlook, Unset):
            deadline_outlook = UNSET
        elif isinstance(self.deadline_outlook, DeadlineOutlook):
            deadline_outlook = self.deadline_outlook.value
        else:
            deadline_outlook = self.deadline_outlook

        started_at: None | str | Unset
        if isinstance(self.started_at, Unset):
            started_at = UNSET
        elif isinstance(self.started_at, datetime.datetime):
            started_at = self.started_at.isoformat()
        else:
            started_at = self.started_at

        finished_at: None | str | Unset
        if isinstance(self.finished_at, Unset):
            finished_at = UNSET
        elif isinstance(self.finished_at, datetime.datetime):
            finished_at = self.finished_at.isoformat()
        else:
            finished_at = self.finished_at

        queue_seconds: float | None | Unset
        if isinstance(self.queue_seconds, Unset):
            queue_seconds = UNSET
        else:
            queue_seconds = self.queue_seconds

        run_seconds: float | None | Unset
        if isinstance(self.run_seconds, Unset):
            run_seconds = UNSET
        else:
            run_seconds = self.run_seconds

        attempt = self.attempt

        attempts: list[dict[str, Any]] | Unset = UNSET
        if not isinstance(self.attempts, Unset):
            attempts = []
            for attempts_item_data in self.attempts:
                attempts_item = attempts_item_data.to_dict()
                attempts.append(attempts_item)

        progress: float | None | Unset
        if isinstance(self.progress, Unset):
            progress = UNSET
        else:
            progress = self.progress

        metrics: dict[str, Any] | Unset = UNSET
        if not isinstance(self.metrics, Unset):
            metrics = self.metrics.to_dict()

        artifacts: list[dict[str, Any]] | Unset = UNSET
        if not isinstance(self.artifacts, Unset):
            artifacts = []
            for artifacts_item_data in self.artifacts:
                artifacts_item = artifacts_item_data.to_dict()
                artifacts.append(artifacts_item)

        checkpoints: list[dict[str, Any]] | Unset = UNSET
        if not isinstance(self.checkpoints, Unset):
            checkpoints = []
            for checkpoints_item_data in self.checkpoints:
                checkpoints_item = checkpoints_item_data.to_dict()
                checkpoints.append(checkpoints_item)

        submitted_by: None | str | Unset
        if isinstance(self.submitted_by, Unset):
            submitted_by = UNSET
        else:
            submitted_by = self.submitted_by

        slot: None | str | Unset
        if isinstance(self.slot, Unset):
            slot = UNSET
        elif isinstance(self.slot, datetime.datetime):
            slot = self.slot.isoformat()
        else:
            slot = self.slot

        slot_date: None | str | Unset
        if isinstance(self.slot_date, Unset):
            slot_date = UNSET
        else:
            slot_date = self.slot_date

        backfill: None | str | Unset
        if isinstance(self.backfill, Unset):
            backfill = UNSET
        else:
            backfill = self.backfill

        rerun_of: None | str | Unset
        if isinstance(self.rerun_of, Unset):
            rerun_of = UNSET
        else:
            rerun_of = self.rerun_of

        is_durable = self.is_durable

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "job": job,
                "version": version,
                "client": client,
                "state": state,
                "priority": priority,
                "image": image,
                "resources": resources,
                "created_at": created_at,
                "rv": rv,
            }
        )
        if batch is not UNSET:
            field_dict["batch"] = batch
        if key is not UNSET:
            field_dict["key"] = key
        if reason is not UNSET:
            field_dict["reason"] = reason
        if cause is not UNSET:
            field_dict["cause"] = cause
        if exit_code is not UNSET:
            field_dict["exit_code"] = exit_code
        if lane is not UNSET:
            field_dict["lane"] = lane
        if labels is not UNSET:
            field_dict["labels"] = labels
        if params is not UNSET:
            field_dict["params"] = params
        if pools is not UNSET:
            field_dict["pools"] = pools
        if avoid is not UNSET:
            field_dict["avoid"] = avoid
        if depends_on is not UNSET:
            field_dict["depends_on"] = depends_on
        if join is not UNSET:
            field_dict["join"] = join
        if on_upstream_failure is not UNSET:
            field_dict["on_upstream_failure"] = on_upstream_failure
        if queued_at is not UNSET:
            field_dict["queued_at"] = queued_at
        if not_before is not UNSET:
            field_dict["not_before"] = not_before
        if start_by is not UNSET:
            field_dict["start_by"] = start_by
        if deadline is not UNSET:
            field_dict["deadline"] = deadline
        if deadline_outlook is not UNSET:
            field_dict["deadline_outlook"] = deadline_outlook
        if started_at is not UNSET:
            field_dict["started_at"] = started_at
        if finished_at is not UNSET:
            field_dict["finished_at"] = finished_at
        if queue_seconds is not UNSET:
            field_dict["queue_seconds"] = queue_seconds
        if run_seconds is not UNSET:
            field_dict["run_seconds"] = run_seconds
        if attempt is not UNSET:
            field_dict["attempt"] = attempt
        if attempts is not UNSET:
            field_dict["attempts"] = attempts
        if progress is not UNSET:
            field_dict["progress"] = progress
        if metrics is not UNSET:
            field_dict["metrics"] = metrics
        if artifacts is not UNSET:
            field_dict["artifacts"] = artifacts
        if checkpoints is not UNSET:
            field_dict["checkpoints"] = checkpoints
        if submitted_by is not UNSET:
            field_dict["submitted_by"] = submitted_by
        if slot is not UNSET:
            field_dict["slot"] = slot
        if slot_date is not UNSET:
            field_dict["slot_date"] = slot_date
        if backfill is not UNSET:
            field_dict["backfill"] = backfill
        if rerun_of is not UNSET:
            field_dict["rerun_of"] = rerun_of
        if is_durable is not UNSET:
            field_dict["is_durable"] = is_durable

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.artifact_document import ArtifactDocument  # noqa: PLC0415
        from ..models.attempt_document import AttemptDocument  # noqa: PLC0415
        from ..models.checkpoint_document import CheckpointDocument  # noqa: PLC0415
        from ..models.dependency_document import DependencyDocument  # noqa: PLC0415
        from ..models.number_of import NumberOf  # noqa: PLC0415
        from ..models.resources import Resources  # noqa: PLC0415
        from ..models.run_document_labels import RunDocumentLabels  # noqa: PLC0415
        from ..models.run_document_metrics import RunDocumentMetrics  # noqa: PLC0415
        from ..models.run_document_params import RunDocumentParams  # noqa: PLC0415

        d = dict(src_dict)
        id = d.pop("id")

        job = d.pop("job")

        version = d.pop("version")

        client = d.pop("client")

        state = RunState(d.pop("state"))

        priority = d.pop("priority")

        image = d.pop("image")

        resources = Resources.from_dict(d.pop("resources"))

        created_at = datetime.datetime.fromisoformat(d.pop("created_at"))

        rv = d.pop("rv")

        def _parse_batch(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        batch = _parse_batch(d.pop("batch", UNSET))

        def _parse_key(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        key = _parse_key(d.pop("key", UNSET))

        def _parse_reason(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        reason = _parse_reason(d.pop("reason", UNSET))

        def _parse_cause(data: object) -> Cause | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                cause_type_0 = Cause(data)

                return cause_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(Cause | None | Unset, data)

        cause = _parse_cause(d.pop("cause", UNSET))

        def _parse_exit_code(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        exit_code = _parse_exit_code(d.pop("exit_code", UNSET))

        _lane = d.pop("lane", UNSET)
        lane: Lane | Unset
        if isinstance(_lane, Unset):
            lane = UNSET
        else:
            lane = Lane(_lane)

        _labels = d.pop("labels", UNSET)
        labels: RunDocumentLabels | Unset
        if isinstance(_labels, Unset):
            labels = UNSET
        else:
            labels = RunDocumentLabels.from_dict(_labels)

        _params = d.pop("params", UNSET)
        params: RunDocumentParams | Unset
        if isinstance(_params, Unset):
            params = UNSET
        else:
            params = RunDocumentParams.from_dict(_params)

        pools = cast(list[str], d.pop("pools", UNSET))

        avoid = cast(list[str], d.pop("avoid", UNSET))

        _depends_on = d.pop("depends_on", UNSET)
        depends_on: list[DependencyDocument] | Unset = UNSET
        if _depends_on is not UNSET:
            depends_on = []
            for depends_on_item_data in _depends_on:
                depends_on_item = DependencyDocument.from_dict(depends_on_item_data)

                depends_on.append(depends_on_item)

        def _parse_join(data: object) -> JoinKind | NumberOf | Unset:
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                join_type_0 = JoinKind(data)

                return join_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            if not isinstance(data, dict):
                raise TypeError()
            join_type_1 = NumberOf.from_dict(data)

            return join_type_1

        join = _parse_join(d.pop("join", UNSET))

        _on_upstream_failure = d.pop("on_upstream_failure", UNSET)
        on_upstream_failure: UpstreamFailure | Unset
        if isinstance(_on_upstream_failure, Unset):
            on_upstream_failure = UNSET
        else:
            on_upstream_failure = UpstreamFailure(_on_upstream_failure)

        def _parse_queued_at(data: object) -> datetime.datetime | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                queued_at_type_0 = datetime.datetime.fromisoformat(data)

                return queued_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None | Unset, data)

        queued_at = _parse_queued_at(d.pop("queued_at", UNSET))

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

        def _parse_deadline_outlook(data: object) -> DeadlineOutlook | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                deadline_outlook_type_0 = DeadlineOutlook(data)

                return deadline_outlook_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(DeadlineOutlook | None | Unset, data)

        deadline_outlook = _parse_deadline_outlook(d.pop("deadline_outlook", UNSET))

        def _parse_started_at(data: object) -> datetime.datetime | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                started_at_type_0 = datetime.datetime.fromisoformat(data)

                return started_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None | Unset, data)

        started_at = _parse_started_at(d.pop("started_at", UNSET))

        def _parse_finished_at(data: object) -> datetime.datetime | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                finished_at_type_0 = datetime.datetime.fromisoformat(data)

                return finished_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None | Unset, data)

        finished_at = _parse_finished_at(d.pop("finished_at", UNSET))

        def _parse_queue_seconds(data: object) -> float | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(float | None | Unset, data)

        queue_seconds = _parse_queue_seconds(d.pop("queue_seconds", UNSET))

        def _parse_run_seconds(data: object) -> float | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(float | None | Unset, data)

        run_seconds = _parse_run_seconds(d.pop("run_seconds", UNSET))

        attempt = d.pop("attempt", UNSET)

        _attempts = d.pop("attempts", UNSET)
        attempts: list[AttemptDocument] | Unset = UNSET
        if _attempts is not UNSET:
            attempts = []
            for attempts_item_data in _attempts:
                attempts_item = AttemptDocument.from_dict(attempts_item_data)

                attempts.append(attempts_item)

        def _parse_progress(data: object) -> float | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(float | None | Unset, data)

        progress = _parse_progress(d.pop("progress", UNSET))

        _metrics = d.pop("metrics", UNSET)
        metrics: RunDocumentMetrics | Unset
        if isinstance(_metrics, Unset):
            metrics = UNSET
        else:
            metrics = RunDocumentMetrics.from_dict(_metrics)

        _artifacts = d.pop("artifacts", UNSET)
        artifacts: list[ArtifactDocument] | Unset = UNSET
        if _artifacts is not UNSET:
            artifacts = []
            for artifacts_item_data in _artifacts:
                artifacts_item = ArtifactDocument.from_dict(artifacts_item_data)

                artifacts.append(artifacts_item)

        _checkpoints = d.pop("checkpoints", UNSET)
        checkpoints: list[CheckpointDocument] | Unset = UNSET
        if _checkpoints is not UNSET:
            checkpoints = []
            for checkpoints_item_data in _checkpoints:
                checkpoints_item = CheckpointDocument.from_dict(checkpoints_item_data)

                checkpoints.append(checkpoints_item)

        def _parse_submitted_by(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        submitted_by = _parse_submitted_by(d.pop("submitted_by", UNSET))

        def _parse_slot(data: object) -> datetime.datetime | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                slot_type_0 = datetime.datetime.fromisoformat(data)

                return slot_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None | Unset, data)

        slot = _parse_slot(d.pop("slot", UNSET))

        def _parse_slot_date(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        slot_date = _parse_slot_date(d.pop("slot_date", UNSET))

        def _parse_backfill(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        backfill = _parse_backfill(d.pop("backfill", UNSET))

        def _parse_rerun_of(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        rerun_of = _parse_rerun_of(d.pop("rerun_of", UNSET))

        is_durable = d.pop("is_durable", UNSET)

        run_document = cls(
            id=id,
            job=job,
            version=version,
            client=client,
            state=state,
            priority=priority,
            image=image,
            resources=resources,
            created_at=created_at,
            rv=rv,
            batch=batch,
            key=key,
            reason=reason,
            cause=cause,
            exit_code=exit_code,
            lane=lane,
            labels=labels,
            params=params,
            pools=pools,
            avoid=avoid,
            depends_on=depends_on,
            join=join,
            on_upstream_failure=on_upstream_failure,
            queued_at=queued_at,
            not_before=not_before,
            start_by=start_by,
            deadline=deadline,
            deadline_outlook=deadline_outlook,
            started_at=started_at,
            finished_at=finished_at,
            queue_seconds=queue_seconds,
            run_seconds=run_seconds,
            attempt=attempt,
            attempts=attempts,
            progress=progress,
            metrics=metrics,
            artifacts=artifacts,
            checkpoints=checkpoints,
            submitted_by=submitted_by,
            slot=slot,
            slot_date=slot_date,
            backfill=backfill,
            rerun_of=rerun_of,
            is_durable=is_durable,
        )

        run_document.additional_properties = d
        return run_document

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
