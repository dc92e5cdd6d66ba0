"""`/v1/secrets`: values go in, and no answer has one."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Request, Response

from mlmon_config_api.api.bodies import JSON_TYPE
from mlmon_config_api.api.deps import (
    DEED_PROBLEMS,
    READ_PROBLEMS,
    SAVE_PROBLEMS,
    ClockDep,
    OperatorDep,
    ReaderDep,
    StoreDep,
)
from mlmon_config_api.api.entity_tags import PreconditionDep, tag_answer
from mlmon_config_api.api.json_documents import load_json
from mlmon_config_api.api.pages import NamePath, PageDep, cut_page
from mlmon_config_api.application import secrets
from mlmon_config_api.application.save_entries import check_name
from mlmon_config_api.application.secret_ports import ExternalValues, Vault
from mlmon_shared.errors import (
    ConflictError,
    NotFoundError,
    ServiceUnavailableError,
    UnsupportedMediaTypeError,
)
from mlmon_shared.http.problems import problem_responses
from mlmon_shared.wire.catalog import ApplyResult
from mlmon_shared.wire.secrets import SecretDocument, SecretPage, SecretRequest
from mlmon_shared.wire.validation import validate

router = APIRouter(prefix="/v1/secrets", tags=["secrets"])

_NOT_SET_UP: Final = (
    "this server keeps no secrets: set MLMON_CONFIG_API_SECRETS_KEY_FILE or "
    "MLMON_CONFIG_API_SECRETS_KMS_KEY, and MLMON_CONFIG_API_SCHEDULER_PUBLIC_KEY"
)


async def read_secret_request(request: Request) -> SecretRequest:
    """Return what the body asks for; no error shows anything of it but names of fields.

    Only JSON is read: an error of YAML may quote the line.

    Raises:
        UnsupportedMediaTypeError: It is not JSON.
        InvalidRequestError: It is malformed.
    """
    media_type = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if media_type != JSON_TYPE:
        raise UnsupportedMediaTypeError(f"send the secret as {JSON_TYPE}")
    return validate(SecretRequest, load_json(await request.body()), shows_values=False)


def _vault(request: Request) -> Vault:
    vault: Vault | None = request.app.state.vault
    if vault is None:
        raise ConflictError(_NOT_SET_UP)
    return vault


def _values(request: Request) -> ExternalValues:
    values: ExternalValues = request.app.state.external_values
    return values


def _body() -> dict[str, Any]:
    schema = SecretRequest.model_json_schema()
    return {"requestBody": {"required": True, "content": {JSON_TYPE: {"schema": schema}}}}


VaultDep = Annotated[Vault, Depends(_vault)]
ExternalValuesDep = Annotated[ExternalValues, Depends(_values)]
SecretRequestDep = Annotated[SecretRequest, Depends(read_secret_request)]


@router.put(
    "/{name}",
    responses={
        201: {"model": ApplyResult, "description": "The secret was created"},
        **problem_responses(*SAVE_PROBLEMS, ConflictError, ServiceUnavailableError),
    },
    openapi_extra=_body(),
)
async def put_secret(
    *,
    principal: OperatorDep,
    name: NamePath,
    request: SecretRequestDep,
    store: StoreDep,
    vault: VaultDep,
    values: ExternalValuesDep,
    clock: ClockDep,
    wanted: PreconditionDep,
    response: Response,
) -> ApplyResult:
    """Create a secret, rotate it by a new value, or change who may use it."""
    check_name(request.name, name)
    result = await secrets.save_secret(
        store, vault, values, request, by=principal.name, now=clock.now(), wanted=wanted
    )
    response.status_code = 201 if result.change == "created" else 200
    return tag_answer(response, result)


@router.get("/{name}", responses=problem_responses(*READ_PROBLEMS, NotFoundError))
async def get_secret(
    _principal: ReaderDep, name: NamePath, store: StoreDep, response: Response
) -> SecretDocument:
    """Return what is known of a secret; its value is shown to nobody."""
    found = await secrets.get_secret(store, name)
    return tag_answer(response, found)


@router.get("", responses=problem_responses(*READ_PROBLEMS))
async def list_secrets(_principal: ReaderDep, page: PageDep, store: StoreDep) -> SecretPage:
    """List secrets without their values, by name."""
    found = await secrets.list_secrets(store, page)
    items, next_cursor = cut_page(found, page.limit, lambda item: item.name)
    return SecretPage(items=items, next_cursor=next_cursor)


@router.delete("/{name}", responses=problem_responses(*DEED_PROBLEMS, NotFoundError, ConflictError))
async def delete_secret(
    principal: OperatorDep,
    name: NamePath,
    store: StoreDep,
    clock: ClockDep,
    wanted: PreconditionDep,
) -> ApplyResult:
    """Forget a secret with its value; refused while a definition in use names it."""
    return await secrets.delete_secret(
        store, name, by=principal.name, now=clock.now(), wanted=wanted
    )
