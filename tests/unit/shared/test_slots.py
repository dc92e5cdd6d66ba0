"""When schedules fire, against calculations that share nothing with the library."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice, takewhile
from zoneinfo import ZoneInfo

import pytest

from mlmon_shared.slots import explain_cron, newest_slot, preview_slots, slots_after

ZONES = (
    "Europe/London",
    "Europe/Berlin",
    "America/New_York",
    "America/Santiago",
    "America/St_Johns",
    "Africa/Casablanca",
    "Asia/Gaza",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Pacific/Apia",
)
START = datetime(2023, 1, 1, tzinfo=UTC)
END = datetime(2027, 1, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def slots_between(cron: str, zone: str, start: datetime, end: datetime) -> list[datetime]:
    return list(takewhile(lambda slot: slot < end, slots_after(cron, zone, start)))


def instant_of(day: date, at: time, zone: ZoneInfo) -> datetime:
    """The first moment of a day at which clocks there show that time, or the end of the gap."""
    first = datetime.combine(day, at, zone).replace(fold=0).astimezone(UTC)
    shown = first.astimezone(zone)
    if (shown.date(), shown.time()) == (day, at):
        return first
    # The gap is where the offset changes: go back to it minute by minute.
    offset = shown.utcoffset()
    while (first - MINUTE).astimezone(zone).utcoffset() == offset:
        first -= MINUTE
    return first


def days(start: datetime, end: datetime) -> Iterator[date]:
    day = start.date() - timedelta(days=1)
    while day <= end.date():
        yield day
        day += timedelta(days=1)


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("at", [time(0, 0), time(1, 30), time(2, 30), time(23, 45)])
def test_time_of_day_over_four_years(zone: str, at: time):
    info = ZoneInfo(zone)
    expected = {instant_of(day, at, info) for day in days(START, END)}

    found = slots_between(f"{at.minute} {at.hour} * * *", zone, START, END)

    assert found == sorted(slot for slot in expected if START < slot < END)


@pytest.mark.parametrize("zone", ZONES)
def test_weekdays_over_four_years(zone: str):
    info = ZoneInfo(zone)
    expected = {
        instant_of(day, time(6, 15), info) for day in days(START, END) if day.weekday() in {0, 4}
    }

    found = slots_between("15 6 * * MON,FRI", zone, START, END)

    assert found == sorted(slot for slot in expected if START < slot < END)


def transitions(zone: ZoneInfo) -> Iterator[datetime]:
    """The days in which clocks there are put forward or back."""
    moment = START
    while moment < END:
        after = moment + timedelta(days=1)
        if moment.astimezone(zone).utcoffset() != after.astimezone(zone).utcoffset():
            yield moment
        moment = after


@pytest.mark.parametrize("zone", ZONES)
def test_every_quarter_goes_by_the_time_that_passes(zone: str):
    info = ZoneInfo(zone)
    for day in islice(transitions(info), 3):
        start, end = day - timedelta(hours=6), day + timedelta(hours=30)
        minutes = (start + MINUTE * number for number in range(1, 36 * 60))
        expected = [each for each in minutes if each.astimezone(info).minute % 15 == 0]

        assert slots_between("*/15 * * * *", zone, start, end) == expected


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("cron", ["30 1 * * *", "0,45 0-3 * * *", "*/20 1 * * *", "0 * * * *"])
def test_slots_are_the_same_wherever_one_begins(cron: str, zone: str):
    for day in islice(transitions(ZoneInfo(zone)), 2):
        start, end = day - timedelta(hours=4), day + timedelta(hours=52)
        slots = slots_between(cron, zone, start, end)
        for number in range(0, 28 * 60, 17):
            moment = start + timedelta(minutes=number, seconds=number % 60)

            expected = next(slot for slot in slots if slot > moment)
            assert next(slots_after(cron, zone, moment)) == expected


def test_times_in_one_gap_fire_once():
    # Clocks in London go from 01:00 to 02:00 on 2026-03-29.
    night = datetime(2026, 3, 29, tzinfo=UTC)

    found = slots_between("0,30 1 * * *", "Europe/London", night, night + timedelta(hours=20))

    assert found == [night + timedelta(hours=1)]


def test_slots_end_with_the_calendar():
    start = datetime(9998, 6, 1, tzinfo=UTC)

    for zone in ("UTC", "Asia/Tokyo", "America/New_York"):
        years = [slot.year for slot in slots_after("0 12 1 1 *", zone, start)]
        assert years == [9999]


def test_slots_are_shown_in_both_zones():
    (first, second) = preview_slots(
        "0 2 * * *", "Europe/London", datetime(2026, 3, 28, tzinfo=UTC), 2
    )

    assert [str(first.at), str(first.local)] == [
        "2026-03-28 02:00:00+00:00",
        "2026-03-28 02:00:00+00:00",
    ]
    assert [str(second.at), str(second.local)] == [
        "2026-03-29 01:00:00+00:00",
        "2026-03-29 02:00:00+01:00",
    ]


@pytest.mark.parametrize(
    ("cron", "detail"),
    [
        ("0 2 * *", "has 4 fields; write five: minute, hour,"),
        ("0 0 2 * * *", "has 6 fields"),
        ("60 2 * * *", 'the field minute cannot be read (given: "60"); it takes 0 to 59'),
        ("0 2 31 2 *", "never comes: there is no day 31 in month 2"),
        ("0 2 32 2 *", 'the field day-of-month cannot be read (given: "32"); it takes 1 to 31'),
        ("0 2 * * FUN", "the field day-of-week cannot be read"),
    ],
)
def test_bad_expressions_are_explained(cron: str, detail: str):
    explained = explain_cron(cron)
    assert explained is not None
    assert detail in explained
    if len(cron.split()) == 5:
        with pytest.raises(ValueError, match="Bad"):
            next(slots_after(cron, "UTC", START))


def test_good_expressions_are_not():
    assert explain_cron("*/5 0-6 L * MON#1") is None


@pytest.mark.parametrize(
    ("cron", "until", "expected"),
    [
        ("*/5 * * * *", "2026-03-10T12:07:00Z", "2026-03-10T12:05:00Z"),
        ("*/5 * * * *", "2026-03-10T12:05:00Z", "2026-03-10T12:05:00Z"),
        ("30 2 * * *", "2026-03-10T02:29:59Z", "2026-03-09T02:30:00Z"),
        # In London, clocks go forward at 01:00 UTC.
        ("30 1 * * *", "2026-03-29T12:00:00Z", "2026-03-29T01:00:00Z"),
        ("0 0 29 2 *", "2026-03-10T12:00:00Z", "2024-02-29T00:00:00Z"),
    ],
)
def test_newest_slot_is_the_last_that_is_not_after_the_moment(cron: str, until: str, expected: str):
    found = newest_slot(cron, "Europe/London", datetime.fromisoformat(until))

    assert found == datetime.fromisoformat(expected)
