"""`/v1/runs/{id}/progress`: what the command of an attempt reports of itself."""

from fastapi import APIRouter, status

from mlmon_scheduler.api.deps import AttemptRightsDep, CurrentAttempt
from mlmon_shared.errors import (
    ForbiddenError,
    InvalidRequestError,
    NotFoundError,
    StaleFenceError,
    StoreUnavailableError,
    UnauthenticatedError,
)
from mlmon_shared.http.problems import problem_responses
from mlmon_shared.wire.progress import ProgressReport

_ALWAYS = (UnauthenticatedError, ForbiddenError, InvalidRequestError, StoreUnavailableError)
router = APIRouter(tags=["runs"], responses=problem_responses(*_ALWAYS))


@router.post(
    "/v1/runs/{run_id}/progress",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=problem_responses(NotFoundError, StaleFenceError),
)
async def report_progress(
    run_id: str,  # noqa: ARG001 - the guard compares it with the token's
    report: ProgressReport,
    rights: AttemptRightsDep,
    attempt: CurrentAttempt,
) -> None:
    """Say how far the run is and what it has measured, with the token of its attempt.

    The last value counts; the same again changes nothing.
    """
    await rights.report(attempt, report)
