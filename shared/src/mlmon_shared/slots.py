"""The moments at which schedules fire.

What a day does not have or has twice goes as in Debian's cron (man 8 cron): a time of day that is
skipped fires at the first minute after the gap, one that comes twice fires the first time only;
schedules of every hour or minute go by the time that passes.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from mlmon_shared.wire.schedules import SlotTime

_FIELDS = 5


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


def preview_slots(cron: str, timezone: str, after: datetime, count: int) -> list[SlotTime]:
    """Return the next slots, in UTC and in the schedule's zone."""
    zone = ZoneInfo(timezone)
    return [
        SlotTime(at=slot, local=slot.astimezone(zone))
        for slot in islice(slots_after(cron, timezone, after), count)
    ]
