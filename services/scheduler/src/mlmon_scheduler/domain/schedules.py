"""Which slots of a schedule are to be fired now, for whom, and when within its jitter."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from graphlib import TopologicalSorter
from itertools import takewhile
from typing import Final
from zoneinfo import ZoneInfo

from mlmon_shared.ids import derived_id
from mlmon_shared.slots import slots_after
from mlmon_shared.wire.job_definitions import JobDefinition
from mlmon_shared.wire.records import to_milliseconds
from mlmon_shared.wire.schedules import FireAll, MisfireKind, Overlap, Schedule
from mlmon_shared.wire.states import RunState

LATE_AFTER: Final = timedelta(seconds=60)
"""A slot that is fired so much later was missed."""
_SLOTS_LOOKED_AT: Final = 200
"""At least, where so many have passed: more than `fire_all` takes, and those that are on time."""
_FIRST_WINDOW: Final = timedelta(days=1)
_STARTED: Final = frozenset({RunState.LEASED, RunState.RUNNING, RunState.CANCELLING})


@dataclass(frozen=True)
class ScheduleState:
    """How far a job's schedule is.

    Attributes:
        slot: The last slot that was dealt with, or when the schedule was first seen.
        signature: Of what it was then; a schedule that was changed begins anew.
    """

    slot: datetime
    signature: str


def signature_of(schedule: Schedule) -> str:
    """Return what tells a schedule's slots from those of another."""
    return f"{schedule.timezone} {schedule.cron}"


def due_slots(schedule: Schedule, last: datetime, now: datetime) -> tuple[list[datetime], datetime]:
    """Return the slots to fire, the oldest first, and the newest slot that is thereby dealt with.

    Args:
        schedule: Of the job.
        last: The last slot that was dealt with.
        now: Slots after it are not due.
    """
    passed = _newest_passed(schedule, last, now)
    if not passed:
        return [], last
    missed = [slot for slot in passed if slot < now - LATE_AFTER]
    on_time = passed[len(missed) :]
    return _made_up_for(schedule, missed, has_newer=bool(on_time)) + on_time, passed[-1]


def _newest_passed(schedule: Schedule, last: datetime, now: datetime) -> list[datetime]:
    """Return the slots since the last one; of many, the oldest are passed over unseen."""
    window = _FIRST_WINDOW
    while True:
        start = max(last, now - window)
        slots = slots_after(schedule.cron, schedule.timezone, start)
        passed = list(takewhile(lambda slot: slot <= now, slots))
        if start == last or len(passed) >= _SLOTS_LOOKED_AT:
            return passed
        window *= 4


def _made_up_for(
    schedule: Schedule, missed: Sequence[datetime], *, has_newer: bool
) -> list[datetime]:
    if isinstance(schedule.misfire, FireAll):
        return list(missed[-schedule.misfire.fire_all :])
    if schedule.misfire is MisfireKind.FIRE_ONCE and not has_newer:
        return list(missed[-1:])
    return []


def jitter_of(schedule: Schedule, job: str, client: str) -> timedelta:
    """Return how long after the slot a client's run may start: always the same for it."""
    digest = hashlib.sha256(f"{job}\0{client}".encode()).digest()
    return timedelta(seconds=schedule.jitter * int.from_bytes(digest[:8]) / 2**64)


def firing_order(definitions: Mapping[str, JobDefinition]) -> dict[str, int]:
    """Return the rank of each job: upstream jobs first, so that a slot of both finds them there."""
    graph = {
        name: {link.job for link in definition.depends_on if link.job in definitions}
        for name, definition in definitions.items()
    }
    return {name: rank for rank, name in enumerate(TopologicalSorter(graph).static_order())}


@dataclass(frozen=True)
class OverlapVerdict:
    """What a slot does for a client whose newest run is not final.

    Attributes:
        skips: Why it starts nothing, empty when it starts a run.
        waits: Whether the new run waits for the end of that one.
        cancels: Whether that one is cancelled.
    """

    skips: str = ""
    waits: bool = False
    cancels: bool = False


def judge_overlap(overlap: Overlap, run_id: str, state: RunState) -> OverlapVerdict:
    """Return what to do beside a run that is not final.

    Args:
        overlap: Of the schedule.
        run_id: The newest run of the job and client.
        state: Of that run.
    """
    if overlap is Overlap.ALLOW:
        return OverlapVerdict()
    if overlap is Overlap.CANCEL_RUNNING:
        return OverlapVerdict(waits=True, cancels=True)
    if overlap is Overlap.QUEUE_ONE and state in _STARTED:
        return OverlapVerdict(waits=True)
    return OverlapVerdict(skips=f"run {run_id} of before is {state}")


def slot_fields(slot: datetime, date: str) -> dict[str, str]:
    """Return what a run's record says of the slot that it stands for."""
    return {"slot": str(to_milliseconds(slot)), "slot_date": date}


def slot_batch_id(job: str, slot: datetime) -> str:
    """Return the id of the batch that the slot of a job's schedule becomes."""
    return derived_id(to_milliseconds(slot), "schedule", job)


def backfill_batch_id(backfill_id: str, slot: datetime) -> str:
    """Return the id of the batch that the slot of a backfill becomes."""
    return derived_id(to_milliseconds(slot), "backfill", backfill_id)


def slot_date(slot: datetime, timezone: str) -> str:
    """Return the day of a slot in the schedule's zone, as `2026-01-05`."""
    return slot.astimezone(ZoneInfo(timezone)).date().isoformat()
