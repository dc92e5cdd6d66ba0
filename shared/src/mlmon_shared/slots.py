"""The moments at which schedules fire.

What a day does not have or has twice goes as in Debian's cron (man 8 cron): a time of day that is
skipped fires at the first minute after the gap, one that comes twice fires the first time only;
schedules of every hour or minute go by the time that passes.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice, takewhile
from typing import Final
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from mlmon_shared.wire.schedules import SlotTime

_FIELDS: Final = 5
_TAKES: Final = {
    "minute": "0 to 59",
    "hour": "0 to 23",
    "day-of-month": "1 to 31, or L for the last day",
    "month": "1 to 12, or JAN to DEC",
    "day-of-week": "0 to 7, or SUN to SAT, and MON#1 for the first Monday",
}
"""What the fields are made of, by the names that the library has for them, in their order."""
_FIRST_WINDOW: Final = timedelta(hours=1)
_LAST_WINDOW: Final = timedelta(days=12_000)
"""A leap day comes after eight years at the latest."""


def explain_cron(cron: str) -> str | None:
    """Return what is wrong with a cron expression, None when nothing is."""
    fields = len(cron.split())
    if fields != _FIELDS:
        return (
            f"has {fields} fields; write five: minute, hour, day of month, month, day of week, "
            'for example "30 2 * * *"'
        )
    try:
        next(iter(CronSim(cron, datetime.now(UTC))))
    except CronSimError as error:
        return _explain_field(cron.split(), str(error).removeprefix("Bad "))
    except StopIteration:
        return "never comes"
    return None


def _explain_field(given: Sequence[str], name: str) -> str:
    if name not in _TAKES:
        return "cannot be read"
    if name == "day-of-month" and _is_readable(f"0 0 {given[2]} * *"):
        return f"never comes: there is no day {given[2]} in month {given[3]}"
    field = given[list(_TAKES).index(name)]
    return f'the field {name} cannot be read (given: "{field}"); it takes {_TAKES[name]}'


def _is_readable(cron: str) -> bool:
    try:
        CronSim(cron, datetime.now(UTC))
    except CronSimError:
        return False
    return True


def slots_after(cron: str, timezone: str, after: datetime) -> Iterator[datetime]:
    """Yield the slots after a moment, in UTC, each once.

    Raises:
        ValueError: The expression cannot be read; see `explain_cron`.
    """
    last = after
    try:
        for found in CronSim(cron, after.astimezone(ZoneInfo(timezone))):
            slot = found.astimezone(UTC)
            # Times inside one gap all move to its end.
            if slot > last:
                last = slot
                yield slot
    except CronSimError as error:
        raise ValueError(f"{cron}: {error}") from error
    except OverflowError:
        # The calendar ends.
        return


def newest_slot(cron: str, timezone: str, until: datetime) -> datetime:
    """Return the newest slot that is not after a moment.

    Raises:
        ValueError: The expression cannot be read, or never comes; see `explain_cron`.
    """
    window = _FIRST_WINDOW
    while window <= _LAST_WINDOW:
        found = slots_after(cron, timezone, until - window)
        passed = deque(takewhile(lambda slot: slot <= until, found), maxlen=1)
        if passed:
            return passed[0]
        window *= 4
    raise ValueError(f"{cron} never came")


def preview_slots(cron: str, timezone: str, after: datetime, count: int) -> list[SlotTime]:
    """Return the next slots, in UTC and in the schedule's zone."""
    zone = ZoneInfo(timezone)
    return [
        SlotTime(at=slot, local=slot.astimezone(zone))
        for slot in islice(slots_after(cron, timezone, after), count)
    ]
