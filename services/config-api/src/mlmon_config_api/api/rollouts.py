"""`/v1/job-definitions/{name}/pins` and `/canary`."""

from fastapi import APIRouter, Response

from mlmon_config_api.api.bodies import BodyDep, request_body
from mlmon_config_api.api.deps import (
    DEED_PROBLEMS,
    READ_PROBLEMS,
    SAVE_PROBLEMS,
    AuthorDep,
    ClockDep,
    ReaderDep,
    StoreDep,
)
from mlmon_config_api.api.entity_tags import PreconditionDep, tag_answer
from mlmon_config_api.api.pages import CursorQuery, LimitQuery, NamePath, cut_page, read_page
from mlmon_config_api.application import pins, rollouts
from mlmon_shared.errors import ConflictError, NotFoundError
from mlmon_shared.http.problems import problem_responses
from mlmon_shared.wire.catalog import ApplyResult
from mlmon_shared.wire.rollouts import (
    CanaryDocument,
    CanaryRequest,
    PinDocument,
    PinPage,
    PinRequest,
)
from mlmon_shared.wire.validation import validate

router = APIRouter(prefix="/v1/job-definitions/{name}", tags=["pins and canaries"])


@router.get("/pins", responses=problem_responses(*READ_PROBLEMS, NotFoundError))
async def list_pins(
    _principal: ReaderDep,
    name: NamePath,
    store: StoreDep,
    cursor: CursorQuery = None,
    limit: LimitQuery = 50,
) -> PinPage:
    """List the clients that are pinned to a version of the job, by client."""
    page = read_page(cursor, limit)
    found = await pins.list_pins(store, name, page)
    items, next_cursor = cut_page(found, page.limit, lambda item: item.client)
    return PinPage(items=items, next_cursor=next_cursor)


@router.get("/pins/{client}", responses=problem_responses(*READ_PROBLEMS, NotFoundError))
async def get_pin(
    _principal: ReaderDep, name: NamePath, client: NamePath, store: StoreDep, response: Response
) -> PinDocument:
    """Return the version that a client is pinned to."""
    return tag_answer(response, await pins.get_pin(store, name, client))


@router.put(
    "/pins/{client}",
    responses={
        201: {"model": ApplyResult, "description": "The client was not pinned before"},
        **problem_responses(*SAVE_PROBLEMS, NotFoundError),
    },
    openapi_extra=request_body(PinRequest, is_component=False),
)
async def put_pin(
    *,
    principal: AuthorDep,
    name: NamePath,
    client: NamePath,
    data: BodyDep,
    store: StoreDep,
    clock: ClockDep,
    response: Response,
    wanted: PreconditionDep,
) -> ApplyResult:
    """Let the client's new runs of the job use this version, whichever is current."""
    pin = validate(PinRequest, data)
    result = await pins.pin_client(
        store, name, client, pin.version, by=principal.name, now=clock.now(), wanted=wanted
    )
    response.status_code = 201 if result.change == "created" else 200
    return tag_answer(response, result)


@router.delete("/pins/{client}", responses=problem_responses(*DEED_PROBLEMS, NotFoundError))
async def delete_pin(
    *,
    principal: AuthorDep,
    name: NamePath,
    client: NamePath,
    store: StoreDep,
    clock: ClockDep,
    wanted: PreconditionDep,
    response: Response,
) -> ApplyResult:
    """Let the client's new runs of the job use the version that others use."""
    result = await pins.unpin_client(
        store, name, client, by=principal.name, now=clock.now(), wanted=wanted
    )
    return tag_answer(response, result)


@router.get("/canary", responses=problem_responses(*READ_PROBLEMS, NotFoundError))
async def get_canary(
    _principal: ReaderDep, name: NamePath, store: StoreDep, response: Response
) -> CanaryDocument:
    """Return the version that some clients try, with which clients those are."""
    return tag_answer(response, await rollouts.get_canary(store, name))


@router.put(
    "/canary",
    responses={
        201: {"model": ApplyResult, "description": "A canary was started"},
        **problem_responses(*SAVE_PROBLEMS, NotFoundError, ConflictError),
    },
    openapi_extra=request_body(CanaryRequest, is_component=False),
)
async def put_canary(
    *,
    principal: AuthorDep,
    name: NamePath,
    data: BodyDep,
    store: StoreDep,
    clock: ClockDep,
    response: Response,
    wanted: PreconditionDep,
) -> ApplyResult:
    """Change which clients try the new version, or let them try another stored version."""
    request = validate(CanaryRequest, data)
    result = await rollouts.set_canary(
        store, name, request, by=principal.name, now=clock.now(), wanted=wanted
    )
    response.status_code = 201 if result.change == "created" else 200
    return tag_answer(response, result)


@router.delete("/canary", responses=problem_responses(*DEED_PROBLEMS, NotFoundError))
async def delete_canary(
    *,
    principal: AuthorDep,
    name: NamePath,
    store: StoreDep,
    clock: ClockDep,
    wanted: PreconditionDep,
    response: Response,
) -> ApplyResult:
    """Roll the canary back: every client uses the current version."""
    result = await rollouts.roll_back_canary(
        store, name, by=principal.name, now=clock.now(), wanted=wanted
    )
    return tag_answer(response, result)


@router.post(
    "/canary/promote", responses=problem_responses(*DEED_PROBLEMS, NotFoundError, ConflictError)
)
async def promote_canary(
    *,
    principal: AuthorDep,
    name: NamePath,
    store: StoreDep,
    clock: ClockDep,
    wanted: PreconditionDep,
    response: Response,
) -> ApplyResult:
    """Make the version that some clients try the current one of all."""
    result = await rollouts.promote_canary(
        store, name, by=principal.name, now=clock.now(), wanted=wanted
    )
    return tag_answer(response, result)
