"""Schedules: when runs of a job begin by themselves, and for which clients."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Final, Self

from pydantic import BeforeValidator, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from mlmon_shared.wire.models import StrictModel, WireModel
from mlmon_shared.wire.names import Labels, Name
from mlmon_shared.wire.quantities import Duration
from mlmon_shared.wire.timezones import TimeZone

FIRINGS_SHOWN = 20
"""Of a schedule, before it is saved and afterwards."""
FIRE_ALL_LIMIT: Final = 100
"""So many missed slots are fired at most."""


class ClientSelector(StrictModel):
    """Which clients: those with all of the labels, or those that are named; all when empty."""

    labels: Labels = {}
    names: Annotated[list[Name], Field(max_length=10_000)] = []

    @model_validator(mode="after")
    def _check_either(self) -> Self:
        if self.labels and self.names:
            raise PydanticCustomError("selector", "give labels or names, not both", {})
        return self

    def selects(self, name: str, labels: Mapping[str, str]) -> bool:
        """Tell whether a client is among them."""
        if self.names:
            return name in self.names
        return all(labels.get(label) == value for label, value in self.labels.items())


class MisfireKind(StrEnum):
    """What becomes of slots that passed while nobody could fire them."""

    FIRE_ONCE = "fire_once"
    SKIP = "skip"


class FireAll(StrictModel):
    """Fire the newest so many of them."""

    fire_all: Annotated[int, Field(ge=1, le=FIRE_ALL_LIMIT)]


def _check_misfire(value: Any) -> Any:  # noqa: ANN401 - whatever was written
    """Refuse in one sentence what pydantic would explain once for each alternative."""
    if isinstance(value, MisfireKind | FireAll) or value in tuple(MisfireKind):
        return value
    number = value.get("fire_all") if isinstance(value, dict) and len(value) == 1 else None
    if isinstance(number, int) and not isinstance(number, bool) and 1 <= number <= FIRE_ALL_LIMIT:
        return value
    raise PydanticCustomError(
        "misfire",
        "write fire_once, skip, or {example} with a number from 1 to {limit}",
        {"example": "{fire_all: 3}", "limit": FIRE_ALL_LIMIT},
    )


Misfire = Annotated[MisfireKind | FireAll, BeforeValidator(_check_misfire)]


class Overlap(StrEnum):
    """What a slot does for a client whose newest run of the job is not final yet."""

    ALLOW = "allow"
    SKIP = "skip"
    QUEUE_ONE = "queue_one"
    CANCEL_RUNNING = "cancel_running"


class Schedule(StrictModel):
    """When a job runs by itself.

    Attributes:
        cron: Five fields: minute, hour, day of month, month, day of week.
        timezone: In which they are meant.
        clients: For which it runs.
        jitter: Seconds over which the runs of a slot are spread, each always at the same place.
        misfire: What becomes of missed slots.
        overlap: What a slot does for a client whose newest run of the job is not final.
    """

    cron: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    timezone: TimeZone = "UTC"
    clients: ClientSelector = ClientSelector()
    jitter: Annotated[Duration, Field(ge=0, le=86_400)] = 0.0
    misfire: Misfire = MisfireKind.FIRE_ONCE
    overlap: Overlap = Overlap.SKIP


class SlotTime(WireModel):
    """A moment at which a schedule fires.

    Attributes:
        at: In UTC.
        local: The same, with the offset that the schedule's zone has then.
    """

    at: datetime
    local: datetime


class ScheduleDocument(WireModel):
    """The schedule of a job's current version.

    Attributes:
        clients: How many it selects now, the paused ones included.
        next: Its next slots; those of a paused schedule are passed over.
        etag: What `If-Match` names to pause or resume this and nothing else.
    """

    job: str
    version: int
    schedule: Schedule
    is_paused: bool = False
    pause_reason: str = ""
    clients: int
    next: list[SlotTime] = []
    etag: str | None = None


class SchedulePage(WireModel):
    """A page of schedules, by job."""

    items: list[ScheduleDocument]
    next_cursor: str | None = None


class PreviewRequest(StrictModel):
    """A schedule that is not saved yet.

    Attributes:
        after: Slots after this moment; now when left out.
        count: How many.
    """

    cron: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    timezone: TimeZone = "UTC"
    after: datetime | None = None
    count: Annotated[int, Field(ge=1, le=100)] = FIRINGS_SHOWN


class PreviewDocument(WireModel):
    """When a schedule would fire."""

    slots: list[SlotTime]


class SkippedClient(WireModel):
    """A client for which a slot started nothing."""

    client: str
    reason: str


class FiringDocument(WireModel):
    """What a slot of a schedule came to.

    Attributes:
        slot: The moment that it stands for.
        fired_at: When its runs were submitted; long after the slot if that was missed.
        batch: The batch of its runs; None when there are none.
        runs: How many.
        skipped: Some of the clients for which it started nothing.
        skipped_count: How many there are.
    """

    job: str
    slot: datetime
    fired_at: datetime
    batch: str | None = None
    runs: int = 0
    skipped: list[SkippedClient] = []
    skipped_count: int = 0


class FiringPage(WireModel):
    """The last firings of schedules, the newest first."""

    items: list[FiringDocument]
