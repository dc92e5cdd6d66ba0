"""`/v1/webhooks`: who hears of outcomes. Their URLs may be secrets too: operators see them."""

import base64
import secrets
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request, Response

from mlmon_config_api.api.bodies import BodyDep, request_body
from mlmon_config_api.api.deps import (
    DEED_PROBLEMS,
    READ_PROBLEMS,
    SAVE_PROBLEMS,
    WRITE_PROBLEMS,
    ClockDep,
    OperatorDep,
    SigningSecretsDep,
    StoreDep,
)
from mlmon_config_api.api.entity_tags import PreconditionDep, tag_answer
from mlmon_config_api.api.pages import NamePath, PageDep, cut_page
from mlmon_config_api.application import webhooks
from mlmon_config_api.application.save_entries import check_name
from mlmon_shared.errors import NotFoundError, ServiceUnavailableError
from mlmon_shared.http.problems import problem_responses
from mlmon_shared.outbound_targets import Resolver, TargetRules
from mlmon_shared.wire.validation import validate
from mlmon_shared.wire.webhooks import (
    RotationRequest,
    Webhook,
    WebhookDocument,
    WebhookPage,
    WebhookResult,
    WebhookSecretDocument,
)

router = APIRouter(prefix="/v1/webhooks", tags=["webhooks"])

_SECRET_BYTES: Final = 32


def _rules(request: Request) -> TargetRules:
    rules: TargetRules = request.app.state.webhook_rules
    return rules


def _resolver(request: Request) -> Resolver:
    resolver: Resolver = request.app.state.resolver
    return resolver


RulesDep = Annotated[TargetRules, Depends(_rules)]
ResolverDep = Annotated[Resolver, Depends(_resolver)]


@router.put(
    "/{name}",
    responses={
        201: {"model": WebhookResult, "description": "The webhook was created, with a secret"},
        **problem_responses(*SAVE_PROBLEMS, ServiceUnavailableError),
    },
    openapi_extra=request_body(Webhook, is_component=False),
)
async def put_webhook(
    *,
    principal: OperatorDep,
    name: NamePath,
    data: BodyDep,
    store: StoreDep,
    clock: ClockDep,
    wanted: PreconditionDep,
    rules: RulesDep,
    resolver: ResolverDep,
    signing_secrets: SigningSecretsDep,
    response: Response,
) -> WebhookResult:
    """Create or change a webhook; the answer that creates it alone shows its secret."""
    webhook = validate(Webhook, data)
    check_name(webhook.name, name)
    warnings = await webhooks.check_target(webhook.url, rules, resolver)
    result = await webhooks.save_webhook(
        store,
        webhook,
        secret=_new_secret(),
        secrets=signing_secrets,
        by=principal.name,
        now=clock.now(),
        wanted=wanted,
    )
    response.status_code = 201 if result.change == "created" else 200
    response.headers["Cache-Control"] = "no-store"
    return tag_answer(response, result.model_copy(update={"warnings": list(warnings)}))


@router.get("/{name}", responses=problem_responses(*READ_PROBLEMS, NotFoundError))
async def get_webhook(
    _principal: OperatorDep, name: NamePath, store: StoreDep, clock: ClockDep, response: Response
) -> WebhookDocument:
    """Return a webhook without its secret."""
    found = await webhooks.get_webhook(store, name, now=clock.now())
    return tag_answer(response, found)


@router.get("", responses=problem_responses(*READ_PROBLEMS))
async def list_webhooks(
    _principal: OperatorDep, page: PageDep, store: StoreDep, clock: ClockDep
) -> WebhookPage:
    """List webhooks without their secrets, by name."""
    found = await webhooks.list_webhooks(store, page, now=clock.now())
    items, next_cursor = cut_page(found, page.limit, lambda item: item.name)
    return WebhookPage(items=items, next_cursor=next_cursor)


@router.delete(
    "/{name}",
    status_code=204,
    responses=problem_responses(*DEED_PROBLEMS, NotFoundError),
)
async def delete_webhook(
    principal: OperatorDep,
    name: NamePath,
    store: StoreDep,
    clock: ClockDep,
    wanted: PreconditionDep,
) -> None:
    """Remove a webhook; what it was still to be sent is given up."""
    await webhooks.delete_webhook(store, name, by=principal.name, now=clock.now(), wanted=wanted)


@router.post(
    "/{name}/rotate",
    responses=problem_responses(*WRITE_PROBLEMS, NotFoundError, ServiceUnavailableError),
)
async def rotate_webhook_secret(
    principal: OperatorDep,
    name: NamePath,
    request: RotationRequest,
    store: StoreDep,
    clock: ClockDep,
    signing_secrets: SigningSecretsDep,
    response: Response,
) -> WebhookSecretDocument:
    """Make a new secret, which this answer alone shows; the old one signs as well for a while."""
    response.headers["Cache-Control"] = "no-store"
    return await webhooks.rotate_secret(
        store,
        name,
        request,
        secret=_new_secret(),
        secrets=signing_secrets,
        by=principal.name,
        now=clock.now(),
    )


def _new_secret() -> str:
    return "whsec_" + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()
