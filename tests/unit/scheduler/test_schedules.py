"""Which slots are fired, and what a slot does beside a run of before."""

from datetime import UTC, datetime, timedelta
from itertools import takewhile

import pytest

from mlmon_scheduler.domain.schedules import (
    due_slots,
    firing_order,
    jitter_of,
    judge_overlap,
    slot_date,
)
from mlmon_shared.slots import slots_after
from mlmon_shared.wire.job_definitions import JobDefinition
from mlmon_shared.wire.schedules import FireAll, MisfireKind, Overlap, Schedule
from mlmon_shared.wire.states import RunState

MIDNIGHT = datetime(2026, 1, 5, tzinfo=UTC)
HOUR = timedelta(hours=1)
HOURLY = "0 * * * *"


def hours(slots: list[datetime]) -> list[float]:
    return [(slot - MIDNIGHT) / HOUR for slot in slots]


@pytest.mark.parametrize(
    ("misfire", "since", "now", "expected"),
    [
        (MisfireKind.FIRE_ONCE, 0, 0.99, []),
        (MisfireKind.FIRE_ONCE, 0, 1, [1]),
        (MisfireKind.FIRE_ONCE, 0, 1.01, [1]),
        (MisfireKind.FIRE_ONCE, 0, 5.5, [5]),
        # One of the missed is on time: it makes up for all.
        (MisfireKind.FIRE_ONCE, 0, 5.001, [5]),
        (MisfireKind.SKIP, 0, 5.5, []),
        (MisfireKind.SKIP, 0, 5.001, [5]),
        (FireAll(fire_all=3), 0, 5.5, [3, 4, 5]),
        (FireAll(fire_all=3), 0, 5.001, [2, 3, 4, 5]),
        (FireAll(fire_all=100), 3.5, 5.5, [4, 5]),
    ],
)
def test_missed_slots(
    misfire: MisfireKind | FireAll, since: float, now: float, expected: list[float]
):
    schedule = Schedule(cron=HOURLY, misfire=misfire)

    slots, last = due_slots(schedule, MIDNIGHT + since * HOUR, MIDNIGHT + now * HOUR)

    assert hours(slots) == expected
    assert (last - MIDNIGHT) / HOUR == max(since, int(now))


def test_nothing_is_due_twice():
    schedule = Schedule(cron=HOURLY, misfire=FireAll(fire_all=100))
    fired: list[datetime] = []
    last = MIDNIGHT
    for minutes in (30, 60, 60, 61, 200, 199, 240):
        slots, last = due_slots(schedule, last, MIDNIGHT + timedelta(minutes=minutes))
        fired += slots

    assert hours(fired) == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("cron", "days"),
    [("* * * * *", 12), ("0 6 * * *", 900), ("0 0 1 * *", 4000), ("0 0 1 1 *", 4000)],
)
@pytest.mark.parametrize("misfire", [MisfireKind.FIRE_ONCE, FireAll(fire_all=100)])
def test_newest_of_very_many_are_made_up_for(cron: str, days: int, misfire: MisfireKind | FireAll):
    schedule = Schedule(cron=cron, misfire=misfire)
    now = MIDNIGHT.replace(hour=5, minute=30, second=30)
    since = now - timedelta(days=days)

    slots, last = due_slots(schedule, since, now)

    passed = list(takewhile(lambda slot: slot <= now, slots_after(cron, "UTC", since)))
    fire_all = misfire.fire_all if isinstance(misfire, FireAll) else 0
    is_on_time = passed[-1] >= now - timedelta(seconds=60)
    assert slots == passed[-max(1, fire_all + is_on_time) :]
    assert last == passed[-1]


def test_jitter_is_spread_and_always_the_same():
    schedule = Schedule(cron=HOURLY, jitter=1800.0)
    found = [jitter_of(schedule, "train", str(number)) for number in range(500)]

    assert found == [jitter_of(schedule, "train", str(number)) for number in range(500)]
    assert timedelta() <= min(found) < timedelta(minutes=1)
    assert timedelta(minutes=29) < max(found) < timedelta(minutes=30)
    assert jitter_of(Schedule(cron=HOURLY), "train", "acme") == timedelta()


def test_upstream_jobs_are_fired_first():
    def job(name: str, *upstream: str) -> JobDefinition:
        return JobDefinition.model_validate(
            {
                "name": name,
                "image": "i",
                "command": ["x"],
                "depends_on": [{"job": each} for each in upstream],
            }
        )

    definitions = [job("a", "c"), job("b", "a", "gone"), job("c")]
    ranks = firing_order({each.name: each for each in definitions})

    assert ranks["c"] < ranks["a"] < ranks["b"]


@pytest.mark.parametrize(
    ("overlap", "state", "outcome"),
    [
        (Overlap.ALLOW, RunState.RUNNING, "starts"),
        (Overlap.SKIP, RunState.RUNNING, "skips"),
        (Overlap.SKIP, RunState.QUEUED, "skips"),
        (Overlap.QUEUE_ONE, RunState.RUNNING, "waits"),
        (Overlap.QUEUE_ONE, RunState.LEASED, "waits"),
        (Overlap.QUEUE_ONE, RunState.BLOCKED, "skips"),
        (Overlap.CANCEL_RUNNING, RunState.RUNNING, "cancels"),
        (Overlap.CANCEL_RUNNING, RunState.HELD, "cancels"),
    ],
)
def test_overlap(overlap: Overlap, state: RunState, outcome: str):
    found = judge_overlap(overlap, "r1", state)

    assert outcome == (
        "skips"
        if found.skips
        else "cancels"
        if found.cancels
        else "waits"
        if found.waits
        else "starts"
    )
    assert found.waits == (outcome in {"waits", "cancels"})


def test_date_is_that_of_the_zone():
    slot = datetime(2026, 1, 5, 23, 30, tzinfo=UTC)

    assert slot_date(slot, "UTC") == "2026-01-05"
    assert slot_date(slot, "Asia/Tokyo") == "2026-01-06"
