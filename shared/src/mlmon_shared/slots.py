"""The moments at which schedules fire.

What a day does not have or has twice goes as in Debian's cron (man 8 cron): a time of day that is
skipped fires at the first minute after the gap, one that comes twice fires the first time only;
schedules of every hour or minute go by the time that passes.
"""

from collections import deque
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice, takewhile
from typing import Final
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from mlmon_shared.wire.schedules import SlotTime

_FIELDS: Final = 5
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
        return f"{str(error).replace('Bad', 'the field')} cannot be read"
    except StopIteration:
        return "never comes"
    return None


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
