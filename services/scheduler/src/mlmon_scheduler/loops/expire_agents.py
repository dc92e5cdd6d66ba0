"""Declare agents lost that have not beaten for too long."""

from typing import Final

import structlog

from mlmon_scheduler.application.complete_attempts import AttemptCompleter
from mlmon_scheduler.application.hearing import Hearing
from mlmon_scheduler.application.ports import LeaseStore

_AGENTS: Final = 20

log = structlog.get_logger(__name__)


class ExpireAgents:
    """Ends what a silent agent held as lost, once its own stop has surely passed.

    Args:
        store: Agents and what they hold.
        completer: Ends attempts.
        hearing: Silence counts only while agents could be heard.
    """

    name = "expire_agents"
    period_seconds = 1.0

    def __init__(self, store: LeaseStore, completer: AttemptCompleter, hearing: Hearing) -> None:
        self._store = store
        self._completer = completer
        self._hearing = hearing

    async def tick(self) -> bool:
        """Expire some; True while there is more."""
        since_ms = await self._hearing.listen()
        expired = await self._store.list_expired_agents(_AGENTS, heard_since_ms=since_ms)
        if await self._hearing.listen() != since_ms:
            # The store stood still while it was asked: the answer says nothing.
            return False
        for agent_id in expired:
            await self._completer.lose_attempts(
                agent_id, reason="The agent was not heard of for too long.", is_proven=False
            )
            if await self._store.forget_deadline(agent_id, is_leaving=False):
                log.warning("agent lost", agent_id=agent_id)
        return len(expired) == _AGENTS
