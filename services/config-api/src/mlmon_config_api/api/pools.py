"""`/v1/pools`."""

from fastapi import APIRouter, Response

from mlmon_config_api.api.bodies import BodyDep, request_body
from mlmon_config_api.api.deps import (
    READ_PROBLEMS,
    SAVE_PROBLEMS,
    ClockDep,
    OperatorDep,
    ReaderDep,
    StoreDep,
)
from mlmon_config_api.api.entity_tags import PreconditionDep, tag_answer
from mlmon_config_api.api.pages import NamePath, PageDep, cut_page
from mlmon_config_api.application.save_entries import check_name, save_pool, show_pool
from mlmon_config_api.domain.pools import read_pool
from mlmon_shared.errors import NotFoundError
from mlmon_shared.http.problems import problem_responses
from mlmon_shared.wire.catalog import ApplyResult, Pool, PoolDocument, PoolPage

router = APIRouter(prefix="/v1/pools", tags=["pools"])


@router.put(
    "/{name}",
    responses={
        201: {"model": ApplyResult, "description": "The pool was created"},
        **problem_responses(*SAVE_PROBLEMS),
    },
    openapi_extra=request_body(Pool),
)
async def put_pool(
    *,
    principal: OperatorDep,
    name: NamePath,
    data: BodyDep,
    store: StoreDep,
    clock: ClockDep,
    wanted: PreconditionDep,
    response: Response,
) -> ApplyResult:
    """Create or change a pool; the name in the body is the one in the path."""
    pool = read_pool(data)
    check_name(pool.name, name)
    result = await save_pool(store, pool, by=principal.name, now=clock.now(), wanted=wanted)
    response.status_code = 201 if result.change == "created" else 200
    return tag_answer(response, result)


@router.get("/{name}", responses=problem_responses(*READ_PROBLEMS, NotFoundError))
async def get_pool(
    _principal: ReaderDep, name: NamePath, store: StoreDep, response: Response
) -> PoolDocument:
    """Return a pool."""
    async with store.read() as catalog:
        found = await catalog.pools.find(name)
    if found is None:
        raise NotFoundError(f'no pool is named "{name}"')
    return tag_answer(response, show_pool(found))


@router.get("", responses=problem_responses(*READ_PROBLEMS))
async def list_pools(_principal: ReaderDep, page: PageDep, store: StoreDep) -> PoolPage:
    """List pools, by name."""
    async with store.read() as catalog:
        found = await catalog.pools.list_page(page)
    items, next_cursor = cut_page(found, page.limit, lambda item: item.name)
    return PoolPage(items=[show_pool(item) for item in items], next_cursor=next_cursor)
