"""`/agent/v1`: how agents move files (see docs/agent-protocol.md)."""

from collections.abc import AsyncIterator
from typing import Annotated, Final

from fastapi import APIRouter, Header, Query, Request, Response, status
from fastapi.responses import StreamingResponse

from mlmon_scheduler.api.deps import CurrentAgent, GrantedTransfersDep, UploadGranterDep
from mlmon_shared.errors import (
    ForbiddenError,
    InvalidRequestError,
    MlmonError,
    NotFoundError,
    PayloadTooLargeError,
    PreconditionFailedError,
    StaleFenceError,
    StoreUnavailableError,
    UnauthenticatedError,
)
from mlmon_shared.http.problems import problem_responses
from mlmon_shared.wire.runs import ArtifactDocument
from mlmon_shared.wire.uploads import (
    FileUpload,
    PartGrants,
    PartsUpload,
    UploadCompletion,
    UploadPlan,
)

_DISCARD_LIMIT: Final = 256 * 2**20
ARTIFACTS_PREFIX: Final = "/agent/v1/artifacts/"

_ALWAYS = (UnauthenticatedError, ForbiddenError, InvalidRequestError, StoreUnavailableError)
router = APIRouter(prefix="/agent/v1", tags=["agent"], responses=problem_responses(*_ALWAYS))


@router.post(
    "/runs/{run_id}/uploads", responses=problem_responses(StaleFenceError, PayloadTooLargeError)
)
async def begin_upload(
    run_id: str, upload: FileUpload, granter: UploadGranterDep, agent: CurrentAgent
) -> UploadPlan:
    """Say how an output whose content is known gets into the artifact store."""
    return await granter.begin_upload(agent.agent_id, run_id, upload)


@router.post("/runs/{run_id}/uploads/parts", responses=problem_responses(StaleFenceError))
async def grant_parts(
    run_id: str, upload: PartsUpload, granter: UploadGranterDep, agent: CurrentAgent
) -> PartGrants:
    """Grant the upload of some parts of a large output."""
    return await granter.grant_parts(agent.agent_id, run_id, upload)


@router.post(
    "/runs/{run_id}/uploads/complete",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=problem_responses(NotFoundError, StaleFenceError, PreconditionFailedError),
)
async def complete_upload(
    run_id: str, upload: UploadCompletion, granter: UploadGranterDep, agent: CurrentAgent
) -> None:
    """Put the parts of a large output together; idempotent."""
    await granter.complete_upload(agent.agent_id, run_id, upload)


@router.put(
    "/artifacts/{attempt_id}/{path:path}",
    status_code=status.HTTP_201_CREATED,
    responses=problem_responses(NotFoundError, PayloadTooLargeError, PreconditionFailedError),
)
async def upload_artifact(
    attempt_id: str,
    path: str,
    request: Request,
    artifacts: GrantedTransfersDep,
    expires: Annotated[int, Query()],
    signature: Annotated[str, Query(max_length=128)],
    x_content_sha256: Annotated[str | None, Header(max_length=64)] = None,
) -> ArtifactDocument:
    """Store one file of an attempt, by its upload grant; seen only once it is published."""
    artifacts.check_grant("PUT", attempt_id, path, expires_ms=expires, signature=signature)
    content = request.stream()
    try:
        return await artifacts.save(attempt_id, path, content, sha256=x_content_sha256)
    except MlmonError:
        await _discard(content)
        raise


@router.get(
    "/artifacts/{attempt_id}/{path:path}",
    response_class=StreamingResponse,
    responses=problem_responses(NotFoundError)
    | {200: {"content": {"application/octet-stream": {}}}},
)
async def fetch_artifact(
    attempt_id: str,
    path: str,
    artifacts: GrantedTransfersDep,
    expires: Annotated[int, Query()],
    signature: Annotated[str, Query(max_length=128)],
) -> Response:
    """Return one file of an attempt, by a download grant."""
    artifacts.check_grant("GET", attempt_id, path, expires_ms=expires, signature=signature)

    async def pieces() -> AsyncIterator[bytes]:
        async with artifacts.open(attempt_id, path) as content:
            async for piece in content:
                yield piece

    return StreamingResponse(pieces(), media_type="application/octet-stream")


async def _discard(content: AsyncIterator[bytes]) -> None:
    """Read what is left of a body: who is still sending would miss the answer."""
    size = 0
    async for piece in content:
        size += len(piece)
        if size > _DISCARD_LIMIT:
            return
