"""`/v1/queues`: how much waits, and for what."""

from fastapi import APIRouter

from mlmon_scheduler.api.deps import QueueOverviewerDep, Reader
from mlmon_shared.errors import ForbiddenError, StoreUnavailableError, UnauthenticatedError
from mlmon_shared.http.problems import problem_responses
from mlmon_shared.wire.queues import QueuesDocument

router = APIRouter(
    tags=["queues"],
    responses=problem_responses(UnauthenticatedError, ForbiddenError, StoreUnavailableError),
)


@router.get("/v1/queues")
async def overview_queues(overviewer: QueueOverviewerDep, _principal: Reader) -> QueuesDocument:
    """Return how many runs wait in each queue, at gates and for a time."""
    return await overviewer.overview_queues()
