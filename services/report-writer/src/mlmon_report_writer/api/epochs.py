"""Epochs, which schedulers begin."""

from fastapi import APIRouter

from mlmon_report_writer.api.deps import ClockDep, EpochStoreDep, Service
from mlmon_report_writer.application import begin_epochs
from mlmon_shared.errors import (
    ForbiddenError,
    InvalidRequestError,
    StoreUnavailableError,
    UnauthenticatedError,
)
from mlmon_shared.http.problems import problem_responses
from mlmon_shared.wire.history import EpochGrant, EpochRequest

router = APIRouter(
    prefix="/internal/v1/epochs",
    tags=["internal"],
    responses=problem_responses(
        UnauthenticatedError, ForbiddenError, InvalidRequestError, StoreUnavailableError
    ),
)


@router.post("")
async def begin_epoch(
    request: EpochRequest, store: EpochStoreDep, clock: ClockDep, _service: Service
) -> EpochGrant:
    """Begin an epoch of a shard; the same instance gets the same epoch again."""
    return await begin_epochs.begin_epoch(store, request, clock=clock)
