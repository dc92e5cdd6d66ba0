"""Whether runs end by their deadlines: what is still to be done before them, and the time left."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from datetime import time as time_of_day
from graphlib import TopologicalSorter
from typing import Final
from zoneinfo import ZoneInfo

from mlmon_shared.wire.deadlines import DailyDeadline, DeadlineOutlook
from mlmon_shared.wire.records import from_milliseconds, to_milliseconds
from mlmon_shared.wire.states import Lane

RAISED_LANE: Final = Lane.HIGH
"""In which a run with little time left goes at least; `critical` is people's to give."""
_LEAST_MARGIN_SECONDS: Final = 300.0
_SOONEST_LOOK_SECONDS: Final = 10.0
_LATEST_LOOK_SECONDS: Final = 300.0
_MINUTES_ALONE: Final = 5
"""From so many minutes on, seconds are not told."""


@dataclass(frozen=True)
class Assessment:
    """What is expected of a run at one moment.

    Attributes:
        needed: Seconds until its end, if it and what it waits for were started at once.
        slack: Seconds to spare; negative: it will be late.
        look_in: Seconds until it should be looked at again, None for never.
    """

    outlook: DeadlineOutlook
    needed: float
    slack: float
    look_in: float | None


def deadline_fields(
    daily: DailyDeadline | None, deadline: datetime | None, start: datetime
) -> Mapping[str, str]:
    """Return the fields of a new run that say by when it shall have ended, none for no matter.

    Args:
        daily: Of the definition.
        deadline: Of the submission; goes before the definition's.
        start: When the run was submitted, or the later time before which it may not start.
    """
    if deadline is None and daily is not None:
        deadline = next_time(daily, start)
    if deadline is None:
        return {}
    return {
        "deadline": str(to_milliseconds(deadline)),
        "deadline_outlook": DeadlineOutlook.ON_TIME.value,
    }


def next_time(daily: DailyDeadline, after: datetime) -> datetime:
    """Return the first such time of day after that moment, in UTC."""
    zone = ZoneInfo(daily.timezone)
    hour, minute = map(int, daily.by.split(":"))
    day = after.astimezone(zone).date()
    while True:
        # The offset of before a gap, and of the first of two: PEP 495's fold=0.
        found = datetime.combine(day, time_of_day(hour, minute), zone).astimezone(UTC)
        if found > after:
            return found
        day += timedelta(days=1)


def assess(deadline_ms: int, needed: float, now_ms: int) -> Assessment:
    """Return whether that much work ends in time.

    Time is short when less is to spare than what is needed, or 5 minutes. While the run and all
    before it wait, what is to spare shrinks as time passes, so nothing has to be looked at
    before it can have become short.
    """
    left = (deadline_ms - now_ms) / 1000
    slack = left - needed
    margin = max(needed, _LEAST_MARGIN_SECONDS)
    if slack >= margin:
        return Assessment(
            DeadlineOutlook.ON_TIME, needed, slack, max(slack - margin, _SOONEST_LOOK_SECONDS)
        )
    if slack >= 0:
        wait = min(max(slack / 2, _SOONEST_LOOK_SECONDS), _LATEST_LOOK_SECONDS)
        return Assessment(DeadlineOutlook.TIGHT, needed, slack, wait)
    # It may still end sooner than expected, until the time is over.
    wait = min(max(left, _SOONEST_LOOK_SECONDS), _LATEST_LOOK_SECONDS)
    return Assessment(DeadlineOutlook.LATE, needed, slack, wait if left > 0 else None)


def explain_outlook(deadline_ms: int, found: Assessment) -> str:
    """Return one sentence about it."""
    by = from_milliseconds(deadline_ms).isoformat(timespec="seconds").replace("+00:00", "Z")
    work = f"it needs about {_text(found.needed)} more once it goes on"
    if found.look_in is None:
        return f"It should have ended by {by}, which has passed."
    if found.outlook is DeadlineOutlook.LATE:
        return f"It will miss its deadline, {by}, by about {_text(-found.slack)}: {work}."
    return f"It should end by {by}: {work}, so {_text(found.slack)} are to spare."


def _text(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes:02} min"
    return f"{minutes} min" if minutes >= _MINUTES_ALONE else f"{minutes * 60 + rest} s"


def seconds_to_ends(
    parents: Mapping[str, Collection[str]], seconds: Mapping[str, float]
) -> dict[str, float]:
    """Return after how many seconds each run ends, if all that can start is started at once.

    That is the slowest chain of what it waits for, and itself.

    Args:
        parents: What each run waits for.
        seconds: That each run takes; what is not listed takes none.

    Raises:
        CycleError: Runs wait for each other.
    """
    ends: dict[str, float] = {}
    for name in TopologicalSorter(parents).static_order():
        before = max((ends[parent] for parent in parents.get(name, ())), default=0.0)
        ends[name] = before + seconds.get(name, 0.0)
    return ends
