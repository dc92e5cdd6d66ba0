"""`/v1/schedules`: when jobs run by themselves."""

from fastapi import APIRouter, Response

from mlmon_config_api.api.deps import (
    DEED_PROBLEMS,
    READ_PROBLEMS,
    SAVE_PROBLEMS,
    WRITE_PROBLEMS,
    AnyReaderDep,
    ClockDep,
    JobReaderDep,
    OperatorDep,
    StoreDep,
)
from mlmon_config_api.api.entity_tags import PreconditionDep, tag_answer
from mlmon_config_api.api.pages import NamePath, PageDep, cut_page
from mlmon_config_api.application import schedules
from mlmon_shared.errors import NotFoundError
from mlmon_shared.http.problems import problem_responses
from mlmon_shared.wire.catalog import ApplyResult, PauseRequest
from mlmon_shared.wire.schedules import (
    PreviewDocument,
    PreviewRequest,
    ScheduleDocument,
    SchedulePage,
)

router = APIRouter(prefix="/v1/schedules", tags=["schedules"])


@router.get("", responses=problem_responses(*READ_PROBLEMS))
async def list_schedules(
    principal: JobReaderDep, page: PageDep, store: StoreDep, clock: ClockDep
) -> SchedulePage:
    """List the jobs that have a schedule, by name, each with its next slot."""
    found = await schedules.list_schedules(store, page, clock.now(), principal.visibility)
    items, next_cursor = cut_page(found, page.limit, lambda item: item.job)
    return SchedulePage(items=items, next_cursor=next_cursor)


@router.post("/preview", responses=problem_responses(*WRITE_PROBLEMS))
async def preview_schedule(
    _principal: AnyReaderDep, request: PreviewRequest, clock: ClockDep
) -> PreviewDocument:
    """Say when a schedule would fire, in UTC and in its zone; nothing is stored."""
    return schedules.preview_schedule(request, clock.now())


@router.get("/{job}", responses=problem_responses(*READ_PROBLEMS, NotFoundError))
async def get_schedule(
    principal: JobReaderDep, job: NamePath, store: StoreDep, clock: ClockDep, response: Response
) -> ScheduleDocument:
    """Return the schedule of a job, with its next 20 slots."""
    found = await schedules.get_schedule(store, job, clock.now(), principal.visibility)
    return tag_answer(response, found)


@router.post("/{job}/pause", responses=problem_responses(*SAVE_PROBLEMS, NotFoundError))
async def pause_schedule(
    *,
    principal: OperatorDep,
    job: NamePath,
    request: PauseRequest,
    store: StoreDep,
    clock: ClockDep,
    wanted: PreconditionDep,
    response: Response,
) -> ApplyResult:
    """Let a job start nothing by itself; slots that pass meanwhile are not made up for."""
    result = await schedules.pause_schedule(
        store, job, reason=request.reason, by=principal.name, now=clock.now(), wanted=wanted
    )
    return tag_answer(response, result)


@router.post("/{job}/resume", responses=problem_responses(*DEED_PROBLEMS, NotFoundError))
async def resume_schedule(
    *,
    principal: OperatorDep,
    job: NamePath,
    store: StoreDep,
    clock: ClockDep,
    wanted: PreconditionDep,
    response: Response,
) -> ApplyResult:
    """Let a paused schedule go on with its next slot."""
    result = await schedules.resume_schedule(
        store, job, by=principal.name, now=clock.now(), wanted=wanted
    )
    return tag_answer(response, result)
