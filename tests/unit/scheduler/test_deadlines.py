"""When runs shall have ended, and whether they will."""

from datetime import UTC, datetime, timedelta
from graphlib import CycleError

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlmon_scheduler.domain.deadlines import (
    assess,
    deadline_fields,
    explain_outlook,
    next_time,
    seconds_to_ends,
)
from mlmon_shared.wire.deadlines import DailyDeadline, DeadlineOutlook
from mlmon_shared.wire.records import to_milliseconds

SIX = DailyDeadline(by="06:00", timezone="Europe/London")
HOUR = 3600.0


@pytest.mark.parametrize(
    ("by", "zone", "after", "expected"),
    [
        ("06:00", "Europe/London", "2026-01-05T02:00:00Z", "2026-01-05T06:00:00Z"),
        ("06:00", "Europe/London", "2026-01-05T06:00:00Z", "2026-01-06T06:00:00Z"),
        ("06:00", "Europe/London", "2026-07-05T04:59:59Z", "2026-07-05T05:00:00Z"),
        ("23:30", "Asia/Tokyo", "2026-07-05T14:30:00Z", "2026-07-06T14:30:00Z"),
        # 01:30 is skipped on 2026-03-29 in London, and comes twice on 2026-10-25.
        ("01:30", "Europe/London", "2026-03-28T12:00:00Z", "2026-03-29T01:30:00Z"),
        ("01:30", "Europe/London", "2026-10-24T12:00:00Z", "2026-10-25T00:30:00Z"),
        ("01:30", "Europe/London", "2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"),
        ("00:00", "Pacific/Apia", "2011-12-29T12:00:00Z", "2011-12-30T10:00:00Z"),
    ],
)
def test_next_time_of_day(by: str, zone: str, after: str, expected: str):
    daily = DailyDeadline(by=by, timezone=zone)

    assert next_time(daily, datetime.fromisoformat(after)) == datetime.fromisoformat(expected)


@given(
    st.integers(1_577_836_800, 2_051_222_400),
    st.sampled_from(["Europe/London", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"]),
    st.integers(0, 23),
    st.integers(0, 59),
)
def test_next_time_is_within_a_day_and_shows_that_time(
    seconds: int, zone: str, hour: int, minute: int
):
    after = datetime.fromtimestamp(seconds, UTC)
    daily = DailyDeadline(by=f"{hour:02}:{minute:02}", timezone=zone)

    found = next_time(daily, after)

    assert timedelta() < found - after <= timedelta(hours=25)


def test_submission_goes_before_the_definition():
    start = datetime(2026, 1, 5, 2, tzinfo=UTC)
    given_time = start + timedelta(hours=1)

    assert deadline_fields(None, None, start) == {}
    assert deadline_fields(SIX, None, start) == {
        "deadline": str(to_milliseconds(start + timedelta(hours=4))),
        "deadline_outlook": "on_time",
    }
    fields = deadline_fields(SIX, given_time, start)
    assert fields["deadline"] == str(to_milliseconds(given_time))


@pytest.mark.parametrize(
    ("left", "needed", "outlook", "look_in"),
    [
        (10 * HOUR, HOUR, DeadlineOutlook.ON_TIME, 8 * HOUR),
        (2 * HOUR, HOUR, DeadlineOutlook.ON_TIME, 10.0),
        (2 * HOUR - 1, HOUR, DeadlineOutlook.TIGHT, 300.0),
        (310.0, 10.0, DeadlineOutlook.ON_TIME, 10.0),
        (109.0, 10.0, DeadlineOutlook.TIGHT, 49.5),
        (HOUR, HOUR, DeadlineOutlook.TIGHT, 10.0),
        (HOUR - 1, HOUR, DeadlineOutlook.LATE, 300.0),
        (20.0, HOUR, DeadlineOutlook.LATE, 20.0),
        (0.0, HOUR, DeadlineOutlook.LATE, None),
        (-5.0, 0.0, DeadlineOutlook.LATE, None),
    ],
)
def test_outlook(left: float, needed: float, outlook: DeadlineOutlook, look_in: float | None):
    found = assess(round(left * 1000), needed, 0)

    assert (found.outlook, found.look_in, found.slack) == (outlook, look_in, left - needed)


@given(st.floats(0, 1e6), st.floats(0, 1e5))
def test_nothing_becomes_late_between_two_looks(left: float, needed: float):
    found = assess(round(left * 1000), needed, 0)
    if found.outlook is DeadlineOutlook.LATE or found.look_in is None:
        return
    at_next_look = assess(round(left * 1000), needed, round(found.look_in * 1000))

    assert at_next_look.slack >= -11.0
    if found.outlook is DeadlineOutlook.ON_TIME:
        assert at_next_look.outlook is not DeadlineOutlook.LATE


def test_sentences():
    by = to_milliseconds(datetime(2026, 1, 5, 6, tzinfo=UTC))

    def told(seconds_before: float, needed: float) -> str:
        return explain_outlook(by, assess(by, needed, by - round(seconds_before * 1000)))

    assert told(4 * HOUR, 2400) == (
        "It should end by 2026-01-05T06:00:00Z: it needs about 40 min more once it goes on, so "
        "3 h 20 min are to spare."
    )
    assert told(600, 690) == (
        "It will miss its deadline, 2026-01-05T06:00:00Z, by about 90 s: it needs about 11 min "
        "more once it goes on."
    )
    assert told(-1, 60) == "It should have ended by 2026-01-05T06:00:00Z, which has passed."


def test_ends_follow_the_slowest_chain():
    ends = seconds_to_ends(
        {"report": ["g:all", "fetch"], "g:all": ["a", "b"], "b": ["fetch"]},
        {"report": 1.0, "a": 5.0, "b": 3.0, "fetch": 4.0},
    )

    assert ends == {"report": 8.0, "g:all": 7.0, "a": 5.0, "b": 7.0, "fetch": 4.0}


def test_long_chains_need_no_recursion():
    chain = {str(number): [str(number - 1)] for number in range(1, 5000)}

    assert seconds_to_ends(chain, dict.fromkeys(chain, 1.0))["4999"] == 4999.0


def test_circles_are_refused():
    with pytest.raises(CycleError):
        seconds_to_ends({"a": ["b"], "b": ["a"]}, {})
