from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.backfill_state import BackfillState
from ..types import UNSET, Unset
from typing import cast
import datetime

if TYPE_CHECKING:
    from ..models.backfill_document_counts import BackfillDocumentCounts
    from ..models.backfill_plan import BackfillPlan
    from ..models.backfill_request import BackfillRequest
    from ..models.schedule import Schedule
    from ..models.skipped_run import SkippedRun


T = TypeVar("T", bound="BackfillDocument")


@_attrs_define
class BackfillDocument:
    """A backfill.

    Attributes:
        schedule: As it was when the backfill was started; a later change changes no slot.
        plan: What it came to when it was started.
        config_revision: Of the configuration by which it was planned.
        slots_started: How many slots have become batches.
        batches: Those of them that are not finished yet.
        counts: Runs of finished and unfinished batches, by state.
        skipped: The last of the runs that were not started.
        skipped_count: How many there are.

    """

    id: str
    request: BackfillRequest
    """ A request to run a job for slots of its schedule that lie in the past.

    Attributes:
        job: It has a schedule, which says the slots.
        since: The first slot is this moment's, or the next.
        until: The last slot lies before this moment.
        clients: Those of the schedule when left out.
        lane: Its runs go in it.
        max_active: A further slot begins once fewer of its runs than this are not final. """
    schedule: Schedule
    """ When a job runs by itself.

    Attributes:
        cron: Five fields: minute, hour, day of month, month, day of week.
        timezone: In which they are meant.
        clients: For which it runs.
        jitter: Seconds over which the runs of a slot are spread, each always at the same place.
        misfire: What becomes of missed slots.
        overlap: What a slot does for a client whose newest run of the job is not final. """
    plan: BackfillPlan
    """ What a backfill comes to.

    Attributes:
        slots: How many.
        clients: How many are selected now; each has a run in every slot.
        hours: Of attempts, all together, as measured runs of the job took; None when none was
            measured.
        measured_runs: Successful runs that this rests on.
        cost: Of these hours, in the first pool that the job fits and that has a price; None when
            there is none, or no run was measured. """
    state: BackfillState
    """ How far a backfill is. A finished one has ended, whatever became of its runs. """
    created_at: datetime.datetime
    submitted_by: str
    config_revision: int | Unset = 0
    slots_started: int | Unset = 0
    batches: list[str] | Unset = UNSET
    counts: BackfillDocumentCounts | Unset = UNSET
    skipped: list[SkippedRun] | Unset = UNSET
    skipped_count: int | Unset = 0
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.backfill_document_counts import BackfillDocumentCounts  # noqa: PLC0415
        from ..models.backfill_plan import BackfillPlan  # noqa: PLC0415
        from ..models.backfill_request import BackfillRequest  # noqa: PLC0415
        from ..models.schedule import Schedule  # noqa: PLC0415
        from ..models.skipped_run import SkippedRun  # noqa: PLC0415

        id = self.id

        request = self.request.to_dict()

        schedule = self.schedule.to_dict()

        plan = self.plan.to_dict()

        state = self.state.value

        created_at = self.created_at.isoformat()

        submitted_by = self.submitted_by

        config_revision = self.config_revision

        slots_started = self.slots_started

        batches: list[str] | Unset = UNSET
        if not isinstance(self.batches, Unset):
            batches = self.batches

        counts: dict[str, Any] | Unset = UNSET
        if not isinstance(self.counts, Unset):
            counts = self.counts.to_dict()

        skipped: list[dict[str, Any]] | Unset = UNSET
        if not isinstance(self.skipped, Unset):
            skipped = []
            for skipped_item_data in self.skipped:
                skipped_item = skipped_item_data.to_dict()
                skipped.append(skipped_item)

        skipped_count = self.skipped_count

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "request": request,
                "schedule": schedule,
                "plan": plan,
                "state": state,
                "created_at": created_at,
                "submitted_by": submitted_by,
            }
        )
        if config_revision is not UNSET:
            field_dict["config_revision"] = config_revision
        if slots_started is not UNSET:
            field_dict["slots_started"] = slots_started
        if batches is not UNSET:
            field_dict["batches"] = batches
        if counts is not UNSET:
            field_dict["counts"] = counts
        if skipped is not UNSET:
            field_dict["skipped"] = skipped
        if skipped_count is not UNSET:
            field_dict["skipped_count"] = skipped_count

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.backfill_document_counts import BackfillDocumentCounts  # noqa: PLC0415
        from ..models.backfill_plan import BackfillPlan  # noqa: PLC0415
        from ..models.backfill_request import BackfillRequest  # noqa: PLC0415
        from ..models.schedule import Schedule  # noqa: PLC0415
        from ..models.skipped_run import SkippedRun  # noqa: PLC0415

        d = dict(src_dict)
        id = d.pop("id")

        request = BackfillRequest.from_dict(d.pop("request"))

        schedule = Schedule.from_dict(d.pop("schedule"))

        plan = BackfillPlan.from_dict(d.pop("plan"))

        state = BackfillState(d.pop("state"))

        created_at = datetime.datetime.fromisoformat(d.pop("created_at"))

        submitted_by = d.pop("submitted_by")

        config_revision = d.pop("config_revision", UNSET)

        slots_started = d.pop("slots_started", UNSET)

        batches = cast(list[str], d.pop("batches", UNSET))

        _counts = d.pop("counts", UNSET)
        counts: BackfillDocumentCounts | Unset
        if isinstance(_counts, Unset):
            counts = UNSET
        else:
            counts = BackfillDocumentCounts.from_dict(_counts)

        _skipped = d.pop("skipped", UNSET)
        skipped: list[SkippedRun] | Unset = UNSET
        if _skipped is not UNSET:
            skipped = []
            for skipped_item_data in _skipped:
                skipped_item = SkippedRun.from_dict(skipped_item_data)

                skipped.append(skipped_item)

        skipped_count = d.pop("skipped_count", UNSET)

        backfill_document = cls(
            id=id,
            request=request,
            schedule=schedule,
            plan=plan,
            state=state,
            created_at=created_at,
            submitted_by=submitted_by,
            config_revision=config_revision,
            slots_started=slots_started,
            batches=batches,
            counts=counts,
            skipped=skipped,
            skipped_count=skipped_count,
        )

        backfill_document.additional_properties = d
        return backfill_document

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
