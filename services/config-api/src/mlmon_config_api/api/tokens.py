"""`/v1/tokens`: only administrators make any, or see others than their own."""

import secrets
from typing import Annotated

from fastapi import APIRouter, Path, Response

from mlmon_config_api.api.bodies import BodyDep, request_body
from mlmon_config_api.api.deps import (
    READ_PROBLEMS,
    WRITE_PROBLEMS,
    AdminDep,
    AnyReaderDep,
    ClockDep,
    NewIdDep,
    StoreDep,
)
from mlmon_config_api.api.pages import PageDep, cut_page
from mlmon_config_api.application import tokens
from mlmon_config_api.application.ports import CatalogStore
from mlmon_shared.errors import ConflictError, NotFoundError
from mlmon_shared.http.auth import hash_token
from mlmon_shared.http.problems import problem_responses
from mlmon_shared.wire.catalog import NewTokenDocument, TokenDocument, TokenPage, TokenRequest
from mlmon_shared.wire.validation import validate

router = APIRouter(prefix="/v1/tokens", tags=["tokens"])

TokenIdPath = Annotated[str, Path(pattern=r"^[A-Za-z0-9._-]{1,100}$")]


@router.post(
    "",
    status_code=201,
    responses=problem_responses(*WRITE_PROBLEMS, ConflictError),
    openapi_extra=request_body(TokenRequest, is_component=False),
)
async def create_token(
    *,
    principal: AdminDep,
    data: BodyDep,
    store: StoreDep,
    clock: ClockDep,
    new_id: NewIdDep,
    response: Response,
) -> NewTokenDocument:
    """Create a token; this answer alone shows its secret."""
    request = validate(TokenRequest, data)
    secret = "mlm_" + secrets.token_urlsafe(32)
    record = await tokens.create_token(
        store,
        request,
        token_id=new_id(),
        sha256=hash_token(secret),
        by=principal.name,
        now=clock.now(),
    )
    response.headers["Cache-Control"] = "no-store"
    return NewTokenDocument(**record.model_dump(exclude={"sha256"}), token=secret)


@router.get("", responses=problem_responses(*READ_PROBLEMS))
async def list_tokens(_principal: AdminDep, page: PageDep, store: StoreDep) -> TokenPage:
    """List the tokens that are not revoked, by name, without their secrets."""
    async with store.read() as catalog:
        found = await catalog.tokens.list_page(page)
    items, next_cursor = cut_page(found, page.limit, lambda item: item.name)
    documents = [TokenDocument(**record.model_dump(exclude={"sha256"})) for record in items]
    return TokenPage(items=documents, next_cursor=next_cursor)


@router.get("/current", responses=problem_responses(*READ_PROBLEMS, NotFoundError))
async def get_current_token(principal: AnyReaderDep, store: StoreDep) -> TokenDocument:
    """Return the token that this request carries, without its secret."""
    return await _get_token(store, principal.token_id)


@router.get("/{token_id}", responses=problem_responses(*READ_PROBLEMS, NotFoundError))
async def get_token(_principal: AdminDep, token_id: TokenIdPath, store: StoreDep) -> TokenDocument:
    """Return a token without its secret."""
    return await _get_token(store, token_id)


@router.delete(
    "/{token_id}", status_code=204, responses=problem_responses(*READ_PROBLEMS, NotFoundError)
)
async def revoke_token(
    principal: AdminDep, token_id: TokenIdPath, store: StoreDep, clock: ClockDep
) -> None:
    """Revoke a token; config-api refuses it from now on, other services within seconds."""
    await tokens.revoke_token(store, token_id, by=principal.name, now=clock.now())


async def _get_token(store: CatalogStore, token_id: str) -> TokenDocument:
    async with store.read() as catalog:
        record = await catalog.tokens.find(token_id)
    if record is None:
        raise NotFoundError(f'no token has the id "{token_id}", or it was revoked')
    return TokenDocument(**record.model_dump(exclude={"sha256"}))
