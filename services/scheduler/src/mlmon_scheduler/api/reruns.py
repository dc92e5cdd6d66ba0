"""`/v1/…/rerun`: run again what has ended."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, status

from mlmon_scheduler.api.deps import NEEDS_ROOM, AnySubmitter, IdempotencyKey, RerunnerDep
from mlmon_shared.errors import (
    ConflictError,
    ForbiddenError,
    IdempotencyConflictError,
    InvalidRequestError,
    NotFoundError,
    StoreUnavailableError,
    TooManyRequestsError,
    UnauthenticatedError,
)
from mlmon_shared.http.problems import problem_responses
from mlmon_shared.wire.batches import BatchDocument
from mlmon_shared.wire.reruns import RerunDocument, RerunOnly, RerunScope

router = APIRouter(
    responses=problem_responses(
        UnauthenticatedError,
        ForbiddenError,
        InvalidRequestError,
        NotFoundError,
        ConflictError,
        IdempotencyConflictError,
        StoreUnavailableError,
        TooManyRequestsError,
    ),
    dependencies=NEEDS_ROOM,
)


@router.post("/v1/runs/{run_id}/rerun", status_code=status.HTTP_202_ACCEPTED, tags=["runs"])
async def rerun_run(
    run_id: str,
    rerunner: RerunnerDep,
    principal: AnySubmitter,
    request: Request,
    scope: Annotated[RerunScope, Query(description="With all that waited on it?")] = RerunScope.RUN,
    idempotency_key: IdempotencyKey = None,
) -> RerunDocument:
    """Run a run again, as a new run; with its downstream, as a new batch."""
    document = await rerunner.rerun_run(run_id, scope, principal, idempotency_key=idempotency_key)
    request.app.state.wake_loader()
    return document


@router.post("/v1/batches/{batch_id}/rerun", status_code=status.HTTP_202_ACCEPTED, tags=["batches"])
async def rerun_batch(
    batch_id: str,
    rerunner: RerunnerDep,
    principal: AnySubmitter,
    request: Request,
    only: Annotated[
        RerunOnly, Query(description="`failed`: what did not succeed.")
    ] = RerunOnly.ALL,
    idempotency_key: IdempotencyKey = None,
) -> BatchDocument:
    """Run a finished batch again, or what did not succeed of it, as a new batch."""
    document = await rerunner.rerun_batch(
        batch_id, only, principal, idempotency_key=idempotency_key
    )
    request.app.state.wake_loader()
    return document
