"""Show agents, and do what operators ask about them."""

import json
from collections.abc import Mapping
from datetime import datetime

from mlmon_scheduler.application.ports import LeaseStore, RunStore
from mlmon_scheduler.application.record_actions import ActionRecorder
from mlmon_shared.errors import NotFoundError
from mlmon_shared.principals import Principal
from mlmon_shared.wire.actions import Action, ActionKind
from mlmon_shared.wire.agent_protocol import Vector
from mlmon_shared.wire.agents import AgentDocument
from mlmon_shared.wire.records import from_milliseconds


class AgentManager:
    """Lists agents, drains them and ends quarantines; repeating any of it changes nothing.

    Args:
        leases: Agents and what they hold.
        runs: For the store's time.
        actions: Is told who asks for what.
    """

    def __init__(self, leases: LeaseStore, runs: RunStore, actions: ActionRecorder) -> None:
        self._leases = leases
        self._runs = runs
        self._actions = actions

    async def drain_agent(self, agent_id: str, principal: Principal) -> AgentDocument:
        """Grant an agent nothing more, over its restarts too; what it runs goes on.

        Raises:
            NotFoundError: No such agent is registered.
        """
        agent = await self.get_agent(agent_id)
        if agent.drained_by == principal.name:
            return agent
        await self._record(principal, Action.DRAINED, agent, drained_by=principal.name)
        await self._leases.drain_agent(agent_id, principal.name)
        return await self.get_agent(agent_id)

    async def undrain_agent(self, agent_id: str, principal: Principal) -> AgentDocument:
        """Grant an agent work again; one that stops by itself goes on draining.

        Raises:
            NotFoundError: No such agent is registered.
        """
        agent = await self.get_agent(agent_id)
        if agent.drained_by is None:
            return agent
        await self._record(principal, Action.UNDRAINED, agent, drained_by=None)
        await self._leases.drain_agent(agent_id, None)
        return await self.get_agent(agent_id)

    async def release_agent(self, agent_id: str, principal: Principal) -> AgentDocument:
        """End an agent's quarantine, with a fresh count of failures.

        Raises:
            NotFoundError: No such agent is registered.
        """
        agent = await self.get_agent(agent_id)
        await self._record(principal, Action.RELEASED, agent, quarantine_reason=None)
        await self._leases.release_agent(agent_id, principal.name)
        return await self.get_agent(agent_id)

    async def get_agent(self, agent_id: str) -> AgentDocument:
        """Return an agent.

        Raises:
            NotFoundError: No such agent is registered.
        """
        for agent in await self.list_agents():
            if agent.id == agent_id:
                return agent
        raise NotFoundError(f"no agent {agent_id} is registered", agent_id=agent_id)

    async def _record(
        self, principal: Principal, action: Action, agent: AgentDocument, **after: str | None
    ) -> None:
        before = {name: getattr(agent, name) for name in after}
        await self._actions.record(
            principal, action, ActionKind.AGENT, agent.id, before=before, after=after
        )

    async def list_agents(self) -> list[AgentDocument]:
        """Return every registered agent."""
        now_ms = await self._runs.now_ms()
        return [
            AgentDocument(
                id=fields["id"],
                host=fields["host"],
                pool=fields["pool"],
                runtime=fields["runtime"],
                agent_version=fields["agent_version"],
                labels=json.loads(fields["labels"]) | json.loads(fields.get("pool_labels") or "{}"),
                capacity=_vector(fields, ""),
                used=_vector(fields, "used_"),
                held=list(held),
                is_draining=fields["is_draining"] == "1",
                drained_by=fields.get("drained_by") or None,
                quarantine_reason=fields.get("quarantine_reason") or None,
                quarantined_at=_find_time(fields, "quarantined_at"),
                gpu_faults=json.loads(fields.get("gpu_faults") or "{}"),
                refusal=fields.get("refusal") or None,
                update_fault=fields.get("update_fault") or None,
                is_alive=deadline is not None and deadline > now_ms,
                registered_at=from_milliseconds(fields["registered_at"]),
                beat_at=from_milliseconds(fields["beat_at"]),
            )
            for fields, held, deadline in await self._leases.list_agents()
        ]


def _find_time(fields: Mapping[str, str], name: str) -> datetime | None:
    return from_milliseconds(fields[name]) if fields.get(name) else None


def _vector(fields: Mapping[str, str], prefix: str) -> Vector:
    return Vector(
        cpu_milli=int(fields[f"{prefix}cpu_milli"]),
        memory=int(fields[f"{prefix}memory"]),
        gpus=int(fields[f"{prefix}gpus"]),
        disk=int(fields[f"{prefix}disk"]),
    )
