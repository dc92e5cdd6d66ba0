"""`/v1/clients`."""

from dataclasses import replace

from fastapi import APIRouter, Response

from mlmon_config_api.api.bodies import BodyDep, request_body
from mlmon_config_api.api.client_rows import CLIENT_ROWS_BODY, IMPORT_PATH, ClientRowsDep
from mlmon_config_api.api.deps import (
    DEED_PROBLEMS,
    READ_PROBLEMS,
    SAVE_PROBLEMS,
    WRITE_PROBLEMS,
    ClientReaderDep,
    ClockDep,
    OperatorDep,
    StoreDep,
)
from mlmon_config_api.api.entity_tags import PreconditionDep, tag_answer
from mlmon_config_api.api.pages import DryRunQuery, LabelsDep, NamePath, PageDep, cut_page
from mlmon_config_api.application import clients
from mlmon_config_api.application import import_clients as importing
from mlmon_config_api.application.save_entries import check_name, save_client
from mlmon_shared.errors import NotFoundError
from mlmon_shared.http.problems import problem_responses
from mlmon_shared.wire.catalog import (
    ApplyResult,
    Client,
    ClientDocument,
    ClientPage,
    ImportResult,
    PauseRequest,
)
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
    return tag_answer(response, result)


@router.get("/{name}", responses=problem_responses(*READ_PROBLEMS, NotFoundError))
async def get_client(
    _principal: ClientReaderDep, name: NamePath, store: StoreDep, response: Response
) -> ClientDocument:
    """Return a client."""
    found = await clients.get_client(store, name)
    return tag_answer(response, found)


@router.get("", responses=problem_responses(*READ_PROBLEMS))
async def list_clients(
    principal: ClientReaderDep, page: PageDep, labels: LabelsDep, store: StoreDep
) -> ClientPage:
    """List clients, by name."""
    wanted = replace(page, labels=labels, names=principal.visibility.clients)
    found = await clients.list_clients(store, wanted)
    items, next_cursor = cut_page(found, page.limit, lambda item: item.name)
    return ClientPage(items=items, next_cursor=next_cursor)


@router.post("/{name}/pause", responses=problem_responses(*SAVE_PROBLEMS, NotFoundError))
async def pause_client(
    *,
    principal: OperatorDep,
    name: NamePath,
    request: PauseRequest,
    store: StoreDep,
    clock: ClockDep,
    wanted: PreconditionDep,
    response: Response,
) -> ApplyResult:
    """Let none of a client's runs start until it is resumed; what runs goes on."""
    result = await clients.pause_client(
        store, name, reason=request.reason, by=principal.name, now=clock.now(), wanted=wanted
    )
    return tag_answer(response, result)


@router.post("/{name}/resume", responses=problem_responses(*DEED_PROBLEMS, NotFoundError))
async def resume_client(
    *,
    principal: OperatorDep,
    name: NamePath,
    store: StoreDep,
    clock: ClockDep,
    wanted: PreconditionDep,
    response: Response,
) -> ApplyResult:
    """Let a paused client's runs start again."""
    result = await clients.resume_client(
        store, name, by=principal.name, now=clock.now(), wanted=wanted
    )
    return tag_answer(response, result)


@router.post(
    IMPORT_PATH.removeprefix(router.prefix),
    responses=problem_responses(*WRITE_PROBLEMS),
    openapi_extra=CLIENT_ROWS_BODY,
)
async def import_clients(
    *,
    principal: OperatorDep,
    rows: ClientRowsDep,
    store: StoreDep,
    clock: ClockDep,
    dry_run: DryRunQuery = False,
) -> ImportResult:
    """Create or change thousands of clients at once, all or none; others stay as they are."""
    return await importing.import_clients(
        store, rows, by=principal.name, now=clock.now(), is_dry_run=dry_run
    )
