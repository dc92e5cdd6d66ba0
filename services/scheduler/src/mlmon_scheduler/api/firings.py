"""`/v1/firings`: what slots of schedules came to."""

from typing import Annotated

from fastapi import APIRouter, Query

from mlmon_scheduler.api.deps import FiringReaderDep, Reader
from mlmon_shared.errors import (
    ForbiddenError,
    InvalidRequestError,
    StoreUnavailableError,
    UnauthenticatedError,
)
from mlmon_shared.http.problems import problem_responses
from mlmon_shared.wire.names import Name
from mlmon_shared.wire.schedules import FiringPage

router = APIRouter(
    tags=["schedules"],
    responses=problem_responses(
        UnauthenticatedError, ForbiddenError, InvalidRequestError, StoreUnavailableError
    ),
)


@router.get("/v1/firings")
async def list_firings(
    reader: FiringReaderDep,
    _principal: Reader,
    job: Annotated[Name | None, Query(description="Of this job; of all when left out.")] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> FiringPage:
    """Return the last firings of schedules, the newest first; up to 50 of a job are kept."""
    return FiringPage(items=await reader.list_firings(job, limit))
