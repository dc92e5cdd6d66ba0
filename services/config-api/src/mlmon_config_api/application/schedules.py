"""Show schedules, and pause and resume them."""

from collections.abc import Sequence
from datetime import UTC, datetime

from mlmon_config_api.application.get_job_definitions import get_version
from mlmon_config_api.application.ports import Catalog, CatalogStore, PageRequest
from mlmon_config_api.application.preconditions import (
    ANYTHING,
    Precondition,
    check_precondition,
)
from mlmon_config_api.domain.changes import Change, Kind
from mlmon_config_api.domain.schedules import count_selected
from mlmon_config_api.domain.tagged_states import schedule_state, tag_of
from mlmon_config_api.domain.visible_definitions import seen_clients, show_schedule
from mlmon_shared.errors import InvalidRequestError, NotFoundError
from mlmon_shared.slots import explain_cron, preview_slots
from mlmon_shared.visibility import EVERYTHING, Visibility
from mlmon_shared.wire.catalog import ApplyResult, CurrentDefinition
from mlmon_shared.wire.job_definitions import JobDefinition
from mlmon_shared.wire.schedules import (
    FIRINGS_SHOWN,
    PreviewDocument,
    PreviewRequest,
    ScheduleDocument,
)

_EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
_SLOTS_IN_LISTS = 1


async def list_schedules(
    store: CatalogStore,
    page: PageRequest,
    now: datetime,
    visibility: Visibility = EVERYTHING,
) -> Sequence[ScheduleDocument]:
    """Return schedules of jobs that are not archived, by job, each with its next slot.

    Args:
        store: Where they are.
        page: Which.
        now: Slots after this moment.
        visibility: Of who asks; other clients are neither named nor counted.

    Raises:
        StoreUnavailableError: See `CatalogStore`.
    """
    async with store.read() as catalog:
        found = [
            current
            for current in await catalog.definitions.list_current()
            if current.definition.schedule is not None
            and visibility.sees_job(current.name)
            and show_schedule(current.definition.schedule, visibility) is not None
            and current.name.startswith(page.prefix)
            and (page.after is None or current.name > page.after)
        ]
        return await _documents(catalog, found[: page.limit], now, _SLOTS_IN_LISTS, visibility)


async def get_schedule(
    store: CatalogStore, job: str, now: datetime, visibility: Visibility = EVERYTHING
) -> ScheduleDocument:
    """Return a job's schedule, with its next slots; see `list_schedules`.

    Raises:
        NotFoundError: There is no such job, it is archived, or it has no schedule.
        StoreUnavailableError: See `CatalogStore`.
    """
    async with store.read() as catalog:
        current = await _find(catalog, job)
        documents = await _documents(catalog, [current], now, FIRINGS_SHOWN, visibility)
        if not documents:
            raise _without_schedule(job)
        return documents[0]


def preview_schedule(request: PreviewRequest, now: datetime) -> PreviewDocument:
    """Return the slots that a schedule would have.

    Raises:
        InvalidRequestError: The expression or the moment is wrong.
    """
    if (detail := explain_cron(request.cron)) is not None:
        raise InvalidRequestError.at("/cron", detail)
    after = request.after or now
    if after.tzinfo is None:
        raise InvalidRequestError.at("/after", "say the offset too: 2026-01-05T12:00:00Z")
    if after < _EARLIEST:
        raise InvalidRequestError.at("/after", "must not lie before 1970")
    slots = preview_slots(request.cron, request.timezone, after, request.count)
    return PreviewDocument(slots=slots)


async def pause_schedule(
    store: CatalogStore,
    job: str,
    *,
    reason: str,
    by: str,
    now: datetime,
    wanted: Precondition = ANYTHING,
) -> ApplyResult:
    """Let a job start nothing by itself; slots that pass meanwhile are not made up for.

    Raises:
        NotFoundError: See `get_schedule`.
        PreconditionFailedError: It is not what `wanted` says.
        StoreUnavailableError: See `CatalogStore`.
    """
    async with store.write() as catalog:
        definition = (await _find(catalog, job)).definition
        before = (await catalog.paused_schedules.find([job])).get(job)
        if before == reason:
            return await _result(catalog, definition, before, None)
        state = schedule_state(definition, before)
        await check_precondition(catalog, wanted, Kind.SCHEDULE, job, state)
        await catalog.paused_schedules.pause(job, reason=reason, now=now, by=by)
        old = {"reason": before} if before is not None else None
        change = Change(Kind.SCHEDULE, job, old, {"reason": reason}, by=by, at=now, deed="paused")
        return await _result(catalog, definition, reason, change)


async def resume_schedule(
    store: CatalogStore, job: str, *, by: str, now: datetime, wanted: Precondition = ANYTHING
) -> ApplyResult:
    """Let a paused schedule go on with its next slot.

    Raises:
        NotFoundError: See `get_schedule`.
        PreconditionFailedError: It is not what `wanted` says.
        StoreUnavailableError: See `CatalogStore`.
    """
    async with store.write() as catalog:
        definition = (await _find(catalog, job)).definition
        before = (await catalog.paused_schedules.find([job])).get(job)
        if before is None:
            return await _result(catalog, definition, before, None)
        state = schedule_state(definition, before)
        await check_precondition(catalog, wanted, Kind.SCHEDULE, job, state)
        await catalog.paused_schedules.resume(job)
        change = Change(Kind.SCHEDULE, job, {"reason": before}, None, by=by, at=now, deed="resumed")
        return await _result(catalog, definition, None, change)


async def _find(catalog: Catalog, job: str) -> CurrentDefinition:
    found = await get_version(catalog, job)
    if found.archived_at is not None:
        raise NotFoundError(f'the job "{job}" is archived; its schedule starts nothing')
    if found.definition.schedule is None:
        raise _without_schedule(job)
    return CurrentDefinition(name=job, version=found.version, definition=found.definition)


def _without_schedule(job: str) -> NotFoundError:
    return NotFoundError(f'the job "{job}" has no schedule; its definition says one')


async def _documents(
    catalog: Catalog,
    found: Sequence[CurrentDefinition],
    now: datetime,
    count: int,
    visibility: Visibility,
) -> list[ScheduleDocument]:
    reasons = await catalog.paused_schedules.find([current.name for current in found])
    clients = seen_clients(await catalog.clients.list_all() if found else [], visibility)
    documents = []
    for current in found:
        schedule = current.definition.schedule
        if schedule is None or (schedule := show_schedule(schedule, visibility)) is None:
            continue
        documents.append(
            ScheduleDocument(
                job=current.name,
                version=current.version,
                schedule=schedule,
                is_paused=current.name in reasons,
                pause_reason=reasons.get(current.name, ""),
                clients=count_selected(schedule.clients, clients),
                next=preview_slots(schedule.cron, schedule.timezone, now, count),
                etag=tag_of(schedule_state(current.definition, reasons.get(current.name))),
            )
        )
    return documents


async def _result(
    catalog: Catalog, definition: JobDefinition, reason: str | None, change: Change | None
) -> ApplyResult:
    revision = await (catalog.get_revision() if change is None else catalog.record([change]))
    return ApplyResult(
        kind=Kind.SCHEDULE,
        name=definition.name,
        change="unchanged" if change is None else "changed",
        config_revision=revision,
        etag=tag_of(schedule_state(definition, reason)),
    )
