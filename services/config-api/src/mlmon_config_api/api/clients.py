"""`/v1/clients`."""

from dataclasses import replace

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
from mlmon_config_api.api.entity_tags import PreconditionDep
from mlmon_config_api.api.pages import LabelsDep, NamePath, PageDep, cut_page
from mlmon_config_api.application.save_entries import check_name, save_client
from mlmon_config_api.domain.documents import etag_of
from mlmon_shared.errors import NotFoundError
from mlmon_shared.http.problems import problem_responses
from mlmon_shared.wire.catalog import ApplyResult, Client, ClientPage
from mlmon_shared.wire.validation import validate

router = APIRouter(prefix="/v1/clients", tags=["clients"])


@router.put(
    "/{name}",
    responses={
        201: {"model": ApplyResult, "description": "The client was created"},
        **problem_responses(*SAVE_PROBLEMS),
    },
    openapi_extra=request_body(Client),
)
async def put_client(
    *,
    principal: OperatorDep,
    name: NamePath,
    data: BodyDep,
    store: StoreDep,
    clock: ClockDep,
    wanted: PreconditionDep,
    response: Response,
) -> ApplyResult:
    """Create or change a client; the name in the body is the one in the path."""
    client = validate(Client, data)
    check_name(client.name, name)
    result = await save_client(store, client, by=principal.name, now=clock.now(), wanted=wanted)
    response.status_code = 201 if result.change == "created" else 200
    return result


@router.get("/{name}", responses=problem_responses(*READ_PROBLEMS, NotFoundError))
async def get_client(
    _principal: ReaderDep, name: NamePath, store: StoreDep, response: Response
) -> Client:
    """Return a client."""
    async with store.read() as catalog:
        found = await catalog.clients.find(name)
    if found is None:
        raise NotFoundError(f'no client is named "{name}"')
    response.headers["ETag"] = etag_of(found)
    return found


@router.get("", responses=problem_responses(*READ_PROBLEMS))
async def list_clients(
    _principal: ReaderDep, page: PageDep, labels: LabelsDep, store: StoreDep
) -> ClientPage:
    """List clients, by name."""
    async with store.read() as catalog:
        found = await catalog.clients.list_page(replace(page, labels=labels))
    items, next_cursor = cut_page(found, page.limit, lambda item: item.name)
    return ClientPage(items=items, next_cursor=next_cursor)
