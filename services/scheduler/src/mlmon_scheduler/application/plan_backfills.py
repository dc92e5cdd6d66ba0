"""Which slots and clients a backfill is about."""

from datetime import UTC, datetime
from functools import lru_cache
from itertools import islice, takewhile
from typing import Final

from mlmon_scheduler.domain.catalogs import Catalog
from mlmon_shared.errors import InvalidRequestError
from mlmon_shared.slots import slots_after
from mlmon_shared.wire.backfills import SLOTS_LIMIT, BackfillRequest
from mlmon_shared.wire.records import from_milliseconds, to_milliseconds
from mlmon_shared.wire.schedules import Schedule
from mlmon_shared.wire.validation import unknown

_EARLIEST: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LISTS_KEPT: Final = 16


def schedule_of(catalog: Catalog, job: str) -> Schedule:
    """Return the schedule that says the slots of a job.

    Raises:
        InvalidRequestError: There is no such job, or it has none.
    """
    if job not in catalog.definitions:
        raise InvalidRequestError.at("/job", unknown("job", job, list(catalog.definitions)))
    schedule = catalog.definitions[job].definition.schedule
    if schedule is None:
        raise InvalidRequestError.at("/job", f'the job "{job}" has no schedule, so no slots')
    return schedule


def slots_of(request: BackfillRequest, schedule: Schedule) -> tuple[datetime, ...]:
    """Return the slots, the oldest first.

    Raises:
        InvalidRequestError: The times are wrong, or too many slots lie between them.
    """
    for name, moment in (("since", request.since), ("until", request.until)):
        if moment.tzinfo is None:
            raise InvalidRequestError.at(f"/{name}", "say the offset too: 2026-01-05T12:00:00Z")
    if request.since < _EARLIEST:
        raise InvalidRequestError.at("/since", "must not lie before 1970")
    if request.until <= request.since:
        raise InvalidRequestError.at("/until", "must lie after since")
    slots = _list_slots(schedule.cron, schedule.timezone, request.since, request.until)
    if len(slots) > SLOTS_LIMIT:
        raise InvalidRequestError.at("/until", f"more than {SLOTS_LIMIT} slots lie before it")
    return slots


# A backfill asks for the same ones each time that a slot begins.
@lru_cache(maxsize=_LISTS_KEPT)
def _list_slots(cron: str, timezone: str, since: datetime, until: datetime) -> tuple[datetime, ...]:
    # Slots come after a moment; the first may be that very one.
    before = from_milliseconds(to_milliseconds(since) - 1)
    found = takewhile(lambda slot: slot < until, slots_after(cron, timezone, before))
    return tuple(islice(found, SLOTS_LIMIT + 1))


def clients_of(request: BackfillRequest, schedule: Schedule, catalog: Catalog) -> list[str]:
    """Return the clients that are selected now."""
    selector = request.clients or schedule.clients
    return [
        client.name
        for client in catalog.clients.values()
        if selector.selects(client.name, client.labels)
    ]
