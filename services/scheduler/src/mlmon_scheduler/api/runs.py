"""`/v1/runs`: submit, read, wait for, cancel; logs and artifacts."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Query, status
from fastapi.responses import StreamingResponse

from mlmon_scheduler.api.deps import (
    NEEDS_ROOM,
    AnyReader,
    AnyReaderOrAttempt,
    AnyReaderOrInput,
    AnySubmitter,
    ArtifactStoreDep,
    ConfigRevision,
    Cursor,
    IdempotencyKey,
    Limit,
    LogReaderDep,
    RunCancellerDep,
    RunHolderDep,
    RunReaderDep,
    RunSubmitterDep,
)
from mlmon_scheduler.application.read_runs import RunFilter
from mlmon_shared.errors import (
    ConflictError,
    ForbiddenError,
    GoneError,
    IdempotencyConflictError,
    InvalidRequestError,
    NotFoundError,
    PayloadTooLargeError,
    StaleFenceError,
    StoreUnavailableError,
    TooManyRequestsError,
    UnauthenticatedError,
)
from mlmon_shared.http.problems import problem_responses
from mlmon_shared.wire.runs import ArtifactPage, PriorityChange, RunDocument, RunPage, RunSubmission
from mlmon_shared.wire.states import RunState

_ALWAYS = (UnauthenticatedError, ForbiddenError, InvalidRequestError, StoreUnavailableError)
router = APIRouter(tags=["runs"], responses=problem_responses(*_ALWAYS))


@router.post(
    "/v1/runs",
    status_code=status.HTTP_202_ACCEPTED,
    responses=problem_responses(
        IdempotencyConflictError, PayloadTooLargeError, TooManyRequestsError
    ),
    dependencies=NEEDS_ROOM,
)
async def submit_run(
    submission: RunSubmission,
    submitter: RunSubmitterDep,
    principal: AnySubmitter,
    idempotency_key: IdempotencyKey = None,
    config_revision: ConfigRevision = None,
) -> RunDocument:
    """Submit one run of a job for a client."""
    return await submitter.submit_run(
        submission,
        principal,
        idempotency_key=idempotency_key,
        config_revision=config_revision,
    )


@router.get("/v1/runs")
async def list_runs(
    reader: RunReaderDep,
    principal: AnyReader,
    batch: str | None = None,
    state: RunState | None = None,
    job: str | None = None,
    client: str | None = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> RunPage:
    """Return a page of runs, newest first; those of a live batch in order of submission."""
    wanted = RunFilter(
        batch=batch, state=state, job=job, client=client, visibility=principal.visibility
    )
    return await reader.list_runs(wanted, cursor=cursor, limit=limit)


@router.get("/v1/runs/{run_id}", responses=problem_responses(NotFoundError, StaleFenceError))
async def get_run(run_id: str, reader: RunReaderDep, principal: AnyReaderOrAttempt) -> RunDocument:
    """Return a run, the same document while it is live and once it is final."""
    return await reader.get_run(run_id, principal.visibility)


@router.get("/v1/runs/{run_id}/wait", responses=problem_responses(NotFoundError))
async def wait_run(
    run_id: str,
    reader: RunReaderDep,
    principal: AnyReader,
    timeout: Annotated[float, Query(ge=0, le=600, description="Seconds.")] = 60.0,
) -> RunDocument:
    """Return the run once it is final, or as it is when the time is up."""
    return await reader.wait_run(run_id, timeout, principal.visibility)


@router.post("/v1/runs/{run_id}/cancel", responses=problem_responses(NotFoundError))
async def cancel_run(
    run_id: str, canceller: RunCancellerDep, principal: AnySubmitter
) -> RunDocument:
    """Cancel a run: at once while it waits, through its agent while it runs."""
    return await canceller.cancel_run(run_id, principal)


@router.post("/v1/runs/{run_id}/hold", responses=problem_responses(NotFoundError, ConflictError))
async def hold_run(run_id: str, holder: RunHolderDep, principal: AnySubmitter) -> RunDocument:
    """Hold a run that waits: it starts nothing until it is released."""
    return await holder.hold_run(run_id, principal)


@router.post("/v1/runs/{run_id}/release", responses=problem_responses(NotFoundError, ConflictError))
async def release_run(run_id: str, holder: RunHolderDep, principal: AnySubmitter) -> RunDocument:
    """Release a held run: it goes on waiting for what is still to come."""
    return await holder.release_run(run_id, principal)


@router.post(
    "/v1/runs/{run_id}/priority", responses=problem_responses(NotFoundError, ConflictError)
)
async def reprioritise_run(
    run_id: str, change: PriorityChange, holder: RunHolderDep, principal: AnySubmitter
) -> RunDocument:
    """Give a run that waits another priority; it keeps its age."""
    return await holder.reprioritise_run(run_id, change.priority, principal)


@router.get(
    "/v1/runs/{run_id}/logs",
    response_class=StreamingResponse,
    responses=problem_responses(NotFoundError, GoneError)
    | {200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
)
async def read_logs(
    run_id: str,
    reader: LogReaderDep,
    _principal: AnyReader,
    follow: Annotated[bool, Query(description="Go on until the run is final.")] = False,
    attempt: Annotated[int | None, Query(ge=1, description="The newest when left out.")] = None,
) -> StreamingResponse:
    """Return what a run wrote, standard output and error in the order of their arrival."""
    pieces = await reader.open(run_id, attempt=attempt, follow=follow)
    headers = {"X-Accel-Buffering": "no", "Cache-Control": "no-store"}
    return StreamingResponse(pieces, media_type="text/plain; charset=utf-8", headers=headers)


@router.get("/v1/runs/{run_id}/artifacts", responses=problem_responses(NotFoundError))
async def list_artifacts(run_id: str, reader: RunReaderDep, _principal: AnyReader) -> ArtifactPage:
    """Return what the run published."""
    return ArtifactPage(items=(await reader.get_run(run_id)).artifacts)


@router.get(
    "/v1/runs/{run_id}/artifacts/{path:path}",
    response_class=StreamingResponse,
    responses=problem_responses(NotFoundError, StaleFenceError)
    | {200: {"content": {"application/octet-stream": {}}}},
)
async def download_artifact(
    run_id: str,
    path: str,
    reader: RunReaderDep,
    artifacts: ArtifactStoreDep,
    _principal: AnyReaderOrInput,
) -> StreamingResponse:
    """Return one published file."""
    run = await reader.get_run(run_id)
    found = next((artifact for artifact in run.artifacts if artifact.path == path), None)
    if found is None:
        names = ", ".join(artifact.path for artifact in run.artifacts) or "nothing"
        raise NotFoundError(f"run {run_id} did not publish {path}; it published {names}")
    attempt_id = f"{run_id}.{run.attempt}"
    missing = await artifacts.find_missing(attempt_id, [found])
    if missing:
        raise NotFoundError(f"{path} of run {run_id} is no longer in the artifact store")

    async def pieces() -> AsyncIterator[bytes]:
        async with artifacts.open(attempt_id, path) as content:
            async for piece in content:
                yield piece

    return StreamingResponse(
        pieces(),
        media_type="application/octet-stream",
        headers={"Content-Length": str(found.size), "ETag": f'"{found.sha256}"'},
    )
