"""`/v1/snapshot`: what the other services pull."""

from typing import Annotated, Final

from fastapi import APIRouter, Header, Response

from mlmon_config_api.api.deps import READ_PROBLEMS, ServiceDep, SnapshotStoreDep
from mlmon_config_api.application.take_snapshot import take_snapshot
from mlmon_shared.http.problems import problem_responses
from mlmon_shared.wire.catalog import Snapshot

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
    revision = found.config_revision if isinstance(found, Snapshot) else found
    # It holds token hashes, so no shared cache may keep it.
    headers = {"ETag": f'"{revision}"', "Cache-Control": "private, no-cache"}
    if not isinstance(found, Snapshot):
        return Response(status_code=304, headers=headers)
    body = found.model_dump_json(by_alias=True)
    return Response(body, media_type="application/json", headers=headers)


def read_etags(header: str) -> frozenset[int]:
    """Return the revisions that an If-None-Match header names; others' tags are ignored."""
    tags = (part.strip().removeprefix("W/").strip('"') for part in header.split(","))
    return frozenset(
        int(tag) for tag in tags if tag.isascii() and tag.isdecimal() and len(tag) <= _DIGITS_LIMIT
    )
