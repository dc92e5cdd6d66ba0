"""`/v1/snapshot`: what the other services pull."""

from typing import Annotated, Final

from fastapi import APIRouter, Header, Response

from mlmon_config_api.api.deps import READ_PROBLEMS, ServiceDep, SigningSecretsDep, SnapshotStoreDep
from mlmon_config_api.application.take_snapshot import take_snapshot
from mlmon_config_api.application.webhooks import take_webhook_snapshot
from mlmon_shared.errors import ServiceUnavailableError
from mlmon_shared.http.problems import problem_responses
from mlmon_shared.wire.catalog import Snapshot
from mlmon_shared.wire.webhooks import WebhookSnapshot

router = APIRouter(prefix="/v1/snapshot", tags=["snapshot"])

_DIGITS_LIMIT: Final = 18


@router.get(
    "",
    response_model=Snapshot,
    responses={
        304: {"description": "The revision in If-None-Match is still the newest"},
        **problem_responses(*READ_PROBLEMS),
    },
)
async def get_snapshot(
    _principal: ServiceDep,
    store: SnapshotStoreDep,
    if_none_match: Annotated[str | None, Header()] = None,
) -> Response:
    """Return definitions, clients, pools, resources and token hashes at one revision."""
    found = await take_snapshot(store, read_etags(if_none_match or ""))
    # It holds token hashes, so no shared cache may keep it.
    return _answer(found, caching="private, no-cache")


@router.get(
    "/webhooks",
    response_model=WebhookSnapshot,
    responses={
        304: {"description": "The revision in If-None-Match is still the newest"},
        **problem_responses(*READ_PROBLEMS, ServiceUnavailableError),
    },
)
async def get_webhook_snapshot(
    _principal: ServiceDep,
    store: SnapshotStoreDep,
    secrets: SigningSecretsDep,
    if_none_match: Annotated[str | None, Header()] = None,
) -> Response:
    """Return all webhooks with their secrets, for the service that sends.

    It is apart from the snapshot, because the scheduler keeps a copy of that in Redis.
    """
    found = await take_webhook_snapshot(store, secrets, read_etags(if_none_match or ""))
    return _answer(found, caching="no-store")


def _answer(found: Snapshot | WebhookSnapshot | int, *, caching: str) -> Response:
    revision = found if isinstance(found, int) else found.config_revision
    headers = {"ETag": f'"{revision}"', "Cache-Control": caching}
    if isinstance(found, int):
        return Response(status_code=304, headers=headers)
    body = found.model_dump_json(by_alias=True)
    return Response(body, media_type="application/json", headers=headers)


def read_etags(header: str) -> frozenset[int]:
    """Return the revisions that an If-None-Match header names; others' tags are ignored."""
    tags = (part.strip().removeprefix("W/").strip('"') for part in header.split(","))
    return frozenset(
        int(tag) for tag in tags if tag.isascii() and tag.isdecimal() and len(tag) <= _DIGITS_LIMIT
    )
