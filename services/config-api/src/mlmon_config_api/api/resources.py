"""`/v1/resources`."""

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
from mlmon_config_api.application.save_entries import check_name, save_resource, show_resource
from mlmon_shared.errors import NotFoundError
from mlmon_shared.http.problems import problem_responses
from mlmon_shared.wire.catalog import (
    ApplyResult,
    NamedResource,
    NamedResourceDocument,
    NamedResourcePage,
)
from mlmon_shared.wire.validation import validate

router = APIRouter(prefix="/v1/resources", tags=["resources"])


@router.put(
    "/{name}",
    responses={
        201: {"model": ApplyResult, "description": "The resource was created"},
        **problem_responses(*SAVE_PROBLEMS),
    },
    openapi_extra=request_body(NamedResource),
)
async def put_resource(
    *,
    principal: OperatorDep,
    name: NamePath,
    data: BodyDep,
    store: StoreDep,
    clock: ClockDep,
    wanted: PreconditionDep,
    response: Response,
) -> ApplyResult:
    """Create or change a named resource; the name in the body is the one in the path."""
    resource = validate(NamedResource, data)
    check_name(resource.name, name)
    result = await save_resource(store, resource, by=principal.name, now=clock.now(), wanted=wanted)
    response.status_code = 201 if result.change == "created" else 200
    return tag_answer(response, result)


@router.get("/{name}", responses=problem_responses(*READ_PROBLEMS, NotFoundError))
async def get_resource(
    _principal: ReaderDep, name: NamePath, store: StoreDep, response: Response
) -> NamedResourceDocument:
    """Return a named resource."""
    async with store.read() as catalog:
        found = await catalog.resources.find(name)
    if found is None:
        raise NotFoundError(f'no resource is named "{name}"')
    return tag_answer(response, show_resource(found))


@router.get("", responses=problem_responses(*READ_PROBLEMS))
async def list_resources(
    _principal: ReaderDep, page: PageDep, store: StoreDep
) -> NamedResourcePage:
    """List named resources, by name."""
    async with store.read() as catalog:
        found = await catalog.resources.list_page(page)
    items, next_cursor = cut_page(found, page.limit, lambda item: item.name)
    return NamedResourcePage(items=[show_resource(item) for item in items], next_cursor=next_cursor)
