"""`/v1/runs/{id}/explain`."""

from fastapi import APIRouter

from mlmon_scheduler.api.deps import AnyReader, RunExplainerDep
from mlmon_shared.errors import (
    ForbiddenError,
    InvalidRequestError,
    NotFoundError,
    StoreUnavailableError,
    UnauthenticatedError,
)
from mlmon_shared.http.problems import problem_responses
from mlmon_shared.wire.explanations import Explanation

_ALWAYS = (UnauthenticatedError, ForbiddenError, InvalidRequestError, StoreUnavailableError)
router = APIRouter(tags=["runs"], responses=problem_responses(*_ALWAYS))


@router.get("/v1/runs/{run_id}/explain", responses=problem_responses(NotFoundError))
async def explain_run(run_id: str, explainer: RunExplainerDep, principal: AnyReader) -> Explanation:
    """Say what holds a run, its place, and when it is expected to start and end."""
    return await explainer.explain_run(run_id, principal.visibility)
