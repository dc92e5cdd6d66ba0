"""`/v1/agents`: what operators see of the fleet."""

from fastapi import APIRouter

from mlmon_scheduler.api.deps import AgentServerDep, Reader
from mlmon_shared.errors import ForbiddenError, StoreUnavailableError, UnauthenticatedError
from mlmon_shared.http.problems import problem_responses
from mlmon_shared.wire.agent_protocol import AgentPage

router = APIRouter(
    tags=["agents"],
    responses=problem_responses(UnauthenticatedError, ForbiddenError, StoreUnavailableError),
)


@router.get("/v1/agents")
async def list_agents(agents: AgentServerDep, _principal: Reader) -> AgentPage:
    """Return every registered agent, with what it holds."""
    return AgentPage(items=await agents.list_agents())
