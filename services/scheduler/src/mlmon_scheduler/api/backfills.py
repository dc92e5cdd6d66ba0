"""`/v1/backfills`: slots of the past, made up for as one thing."""

from fastapi import APIRouter, status

from mlmon_scheduler.api.deps import (
    NEEDS_ROOM,
    BackfillManagerDep,
    ConfigRevision,
    IdempotencyKey,
    Reader,
    Submitter,
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
)
from mlmon_shared.http.problems import problem_responses
from mlmon_shared.wire.backfills import (
    BackfillDocument,
    BackfillPage,
    BackfillPlan,
    BackfillRequest,
)

router = APIRouter(
    prefix="/v1/backfills",
    tags=["backfills"],
    responses=problem_responses(
        UnauthenticatedError, ForbiddenError, InvalidRequestError, StoreUnavailableError
    ),
)


@router.post(
    "",
    status_code=status.HTTP_202_ACCEPTED,
    responses=problem_responses(
        IdempotencyConflictError, PayloadTooLargeError, TooManyRequestsError
    ),
    dependencies=NEEDS_ROOM,
)
async def start_backfill(
    request: BackfillRequest,
    manager: BackfillManagerDep,
    principal: Submitter,
    idempotency_key: IdempotencyKey = None,
    config_revision: ConfigRevision = None,
) -> BackfillDocument:
    """Run a job for slots of its schedule that lie in the past, as one thing."""
    return await manager.start(
        request, principal, idempotency_key=idempotency_key, config_revision=config_revision
    )


@router.post("/plan", responses=problem_responses(PayloadTooLargeError))
async def plan_backfill(
    request: BackfillRequest, manager: BackfillManagerDep, _principal: Reader
) -> BackfillPlan:
    """Say what a backfill would come to: slots, clients, runs and hours; nothing is started."""
    return await manager.plan(request)


@router.get("")
async def list_backfills(manager: BackfillManagerDep, _principal: Reader) -> BackfillPage:
    """Return the last 100 backfills, the newest first."""
    return BackfillPage(items=await manager.list_newest())


@router.get("/{backfill_id}", responses=problem_responses(NotFoundError))
async def get_backfill(
    backfill_id: str, manager: BackfillManagerDep, _principal: Reader
) -> BackfillDocument:
    """Return a backfill with its runs by state."""
    return await manager.get(backfill_id)


@router.post("/{backfill_id}/pause", responses=problem_responses(NotFoundError, ConflictError))
async def pause_backfill(
    backfill_id: str, manager: BackfillManagerDep, principal: Submitter
) -> BackfillDocument:
    """Begin no further slot, and hold what waits; what runs goes on."""
    return await manager.pause(backfill_id, principal)


@router.post("/{backfill_id}/resume", responses=problem_responses(NotFoundError, ConflictError))
async def resume_backfill(
    backfill_id: str, manager: BackfillManagerDep, principal: Submitter
) -> BackfillDocument:
    """Release what waits, and go on."""
    return await manager.resume(backfill_id, principal)


@router.post("/{backfill_id}/cancel", responses=problem_responses(NotFoundError, ConflictError))
async def cancel_backfill(
    backfill_id: str, manager: BackfillManagerDep, principal: Submitter
) -> BackfillDocument:
    """Begin no further slot, and cancel every run."""
    return await manager.cancel(backfill_id, principal)
