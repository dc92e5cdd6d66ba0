"""`/v1/breakers`: versions of jobs whose attempts keep failing for infra causes."""

from typing import Annotated

from fastapi import APIRouter, Path, status

from mlmon_scheduler.api.deps import BreakerManagerDep, Operator, Reader
from mlmon_shared.errors import (
    ForbiddenError,
    NotFoundError,
    StoreUnavailableError,
    UnauthenticatedError,
)
from mlmon_shared.http.problems import problem_responses
from mlmon_shared.wire.breakers import BreakerDocument, BreakerPage

router = APIRouter(
    tags=["breakers"],
    responses=problem_responses(UnauthenticatedError, ForbiddenError, StoreUnavailableError),
)


@router.get("/v1/breakers")
async def list_breakers(breakers: BreakerManagerDep, _principal: Reader) -> BreakerPage:
    """Return every breaker that is open, with the reason."""
    return BreakerPage(items=await breakers.list_breakers())


@router.get("/v1/breakers/{job}/{version}", responses=problem_responses(NotFoundError))
async def get_breaker(
    job: str,
    version: Annotated[int, Path(ge=1)],
    breakers: BreakerManagerDep,
    _principal: Reader,
) -> BreakerDocument:
    """Return the breaker of a version of a job, if it is open, with the reason."""
    return await breakers.get_breaker(job, version)


@router.post(
    "/v1/breakers/{job}/{version}/close",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=problem_responses(NotFoundError),
)
async def close_breaker(
    job: str,
    version: Annotated[int, Path(ge=1)],
    breakers: BreakerManagerDep,
    principal: Operator,
) -> None:
    """Close a breaker, with a fresh count of attempts."""
    await breakers.close_breaker(job, version, principal)
