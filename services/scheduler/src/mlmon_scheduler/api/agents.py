"""`/v1/agents`: what operators see of the fleet, and do about it."""

from fastapi import APIRouter

from mlmon_scheduler.api.deps import AgentManagerDep, Operator, Reader
from mlmon_shared.errors import (
    ForbiddenError,
    NotFoundError,
    StoreUnavailableError,
    UnauthenticatedError,
)
from mlmon_shared.http.problems import problem_responses
from mlmon_shared.wire.agents import AgentDocument, AgentPage

router = APIRouter(
    tags=["agents"],
    responses=problem_responses(UnauthenticatedError, ForbiddenError, StoreUnavailableError),
)


@router.get("/v1/agents")
async def list_agents(agents: AgentManagerDep, _principal: Reader) -> AgentPage:
    """Return every registered agent, with what it holds."""
    return AgentPage(items=await agents.list_agents())


@router.get("/v1/agents/{agent_id}", responses=problem_responses(NotFoundError))
async def get_agent(agent_id: str, agents: AgentManagerDep, _principal: Reader) -> AgentDocument:
    """Return an agent, with what it holds."""
    return await agents.get_agent(agent_id)


@router.post("/v1/agents/{agent_id}/drain", responses=problem_responses(NotFoundError))
async def begin_drain(agent_id: str, agents: AgentManagerDep, principal: Operator) -> AgentDocument:
    """Grant an agent nothing more, over its restarts too; what it runs goes on."""
    return await agents.drain_agent(agent_id, principal)


@router.post("/v1/agents/{agent_id}/undrain", responses=problem_responses(NotFoundError))
async def end_drain(agent_id: str, agents: AgentManagerDep, principal: Operator) -> AgentDocument:
    """Grant an agent work again."""
    return await agents.undrain_agent(agent_id, principal)


@router.post("/v1/agents/{agent_id}/release", responses=problem_responses(NotFoundError))
async def release_agent(
    agent_id: str, agents: AgentManagerDep, principal: Operator
) -> AgentDocument:
    """End an agent's quarantine, with a fresh count of the jobs that its host failed."""
    return await agents.release_agent(agent_id, principal)
