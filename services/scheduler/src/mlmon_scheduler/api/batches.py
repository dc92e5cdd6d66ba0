"""`/v1/batches`: submit, read and cancel runs together."""

from collections.abc import Callable
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request, Response, status

from mlmon_scheduler.api.batch_bodies import BatchBodyDep, request_body
from mlmon_scheduler.api.deps import (
    NEEDS_ROOM,
    AnyReader,
    AnySubmitter,
    BatchSubmitterDep,
    ConfigRevision,
    Cursor,
    IdempotencyKey,
    Limit,
    RunCancellerDep,
    RunHolderDep,
    RunReaderDep,
)
from mlmon_shared.errors import (
    ConflictError,
    ForbiddenError,
    IdempotencyConflictError,
    InvalidRequestError,
    NotFoundError,
    PayloadTooLargeError,
    StoreUnavailableError,
    TooManyRequestsError,
    UnauthenticatedError,
    UnsupportedMediaTypeError,
)
from mlmon_shared.http.problems import problem_responses
from mlmon_shared.wire.batches import BatchDocument, BatchPage
from mlmon_shared.wire.runs import PriorityChange

_ALWAYS = (UnauthenticatedError, ForbiddenError, InvalidRequestError, StoreUnavailableError)
PATH: Final = "/v1/batches"
router = APIRouter(tags=["batches"], responses=problem_responses(*_ALWAYS))


@router.post(
    PATH,
    status_code=status.HTTP_202_ACCEPTED,
    responses=problem_responses(
        IdempotencyConflictError,
        PayloadTooLargeError,
        UnsupportedMediaTypeError,
        TooManyRequestsError,
    ),
    dependencies=NEEDS_ROOM,
    openapi_extra=request_body(),
)
async def submit_batch(
    submitter: BatchSubmitterDep,
    principal: AnySubmitter,
    body: BatchBodyDep,
    request: Request,
    idempotency_key: IdempotencyKey = None,
    config_revision: ConfigRevision = None,
) -> BatchDocument:
    """Submit many runs at once: all of them are taken, or none and every bad item is named."""
    document = await submitter.submit_batch(
        body.submission,
        principal,
        digest=body.digest,
        idempotency_key=idempotency_key,
        config_revision=config_revision,
    )
    request.app.state.wake_loader()
    return document


@router.get(PATH)
async def list_batches(
    reader: RunReaderDep, principal: AnyReader, cursor: Cursor = None, limit: Limit = 50
) -> BatchPage:
    """Return a page of batches, newest first."""
    return await reader.list_batches(visibility=principal.visibility, cursor=cursor, limit=limit)


@router.get("/v1/batches/{batch_id}", responses=problem_responses(NotFoundError))
async def get_batch(batch_id: str, reader: RunReaderDep, _principal: AnyReader) -> BatchDocument:
    """Return a batch with its runs counted by state."""
    return await reader.get_batch(batch_id)


@router.post(
    "/v1/batches/{batch_id}/cancel",
    responses=problem_responses(NotFoundError)
    | {202: {"model": BatchDocument, "description": "The rest is cancelled in the background."}},
)
async def cancel_batch(
    batch_id: str,
    canceller: RunCancellerDep,
    principal: AnySubmitter,
    request: Request,
    response: Response,
) -> BatchDocument:
    """Cancel every run of a batch that is not final; 202 where that goes on by itself."""
    batch = await canceller.cancel_batch(batch_id, principal)
    if batch.is_cancelling:
        request.app.state.wake_canceller()
        response.status_code = status.HTTP_202_ACCEPTED
    return batch


_CHANGE_RESPONSES: Final = problem_responses(NotFoundError, ConflictError) | {
    202: {"model": BatchDocument, "description": "The rest is changed in the background."}
}


def _find_answer(request: Request, response: Response) -> Callable[[BatchDocument], BatchDocument]:
    """Return what answers 202, and wakes the loop, where a batch is not changed to its end."""

    def answer(batch: BatchDocument) -> BatchDocument:
        if batch.is_changing:
            request.app.state.wake_changer()
            response.status_code = status.HTTP_202_ACCEPTED
        return batch

    return answer


_AnswerDep = Annotated[Callable[[BatchDocument], BatchDocument], Depends(_find_answer)]


@router.post("/v1/batches/{batch_id}/hold", responses=_CHANGE_RESPONSES)
async def hold_batch(
    batch_id: str, holder: RunHolderDep, principal: AnySubmitter, answer: _AnswerDep
) -> BatchDocument:
    """Hold every run of a batch that waits; 202 where that goes on by itself."""
    return answer(await holder.hold_batch(batch_id, principal))


@router.post("/v1/batches/{batch_id}/release", responses=_CHANGE_RESPONSES)
async def release_batch(
    batch_id: str, holder: RunHolderDep, principal: AnySubmitter, answer: _AnswerDep
) -> BatchDocument:
    """Release every held run of a batch; 202 where that goes on by itself."""
    return answer(await holder.release_batch(batch_id, principal))


@router.post("/v1/batches/{batch_id}/priority", responses=_CHANGE_RESPONSES)
async def reprioritise_batch(
    batch_id: str,
    change: PriorityChange,
    holder: RunHolderDep,
    principal: AnySubmitter,
    answer: _AnswerDep,
) -> BatchDocument:
    """Give every run of a batch that waits another priority; 202 where that goes on by itself."""
    return answer(await holder.reprioritise_batch(batch_id, change.priority, principal))
