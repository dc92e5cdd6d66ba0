"""Keep agents for runs that have waited long and fit none now."""

import math
from typing import Final

from mlmon_scheduler.application.ports import QueueStore, RunStore
from mlmon_scheduler.application.queue_facts import FactStore
from mlmon_scheduler.domain.reservations import Reservation, choose_agent, needs_reservation

_SHARE_OF_AGENTS: Final = 0.25
_RESERVATIONS: Final = 100


class ReservationPlanner:
    """Plans all reservations anew each time; one that still makes sense stays where it is.

    Args:
        runs: For the time.
        facts: What waits, and what agents hold.
        store: Where reservations are made.
        after_seconds: How long a run waits before an agent is kept for it.
    """

    def __init__(
        self, runs: RunStore, facts: FactStore, store: QueueStore, *, after_seconds: float
    ) -> None:
        self._runs = runs
        self._facts = facts
        self._store = store
        self._after_seconds = after_seconds

    async def plan(self) -> list[Reservation]:
        """Reserve, and return what is reserved.

        At most a quarter of the agents that could take a shape are kept, but one at least.
        """
        now_ms = await self._runs.now_ms()
        waiting = [
            each
            for each in await self._facts.read_waiting_shapes()
            if now_ms - each.queued_ms >= self._after_seconds * 1000
        ]
        kept = await self._facts.read_reservations()
        if not waiting:
            if kept:
                await self._store.reserve([])
            return []
        agents = await self._facts.read_agents(None)
        planned: list[Reservation] = []
        for each in sorted(waiting, key=lambda each: each.queued_ms):
            near = [agent for agent in agents if each.pools is None or agent.pool in each.pools]
            ids = {agent.id for agent in near}
            limit = max(1, math.floor(len(near) * _SHARE_OF_AGENTS))
            is_full = sum(other.agent_id in ids for other in planned) >= limit
            if (
                is_full
                or len(planned) >= _RESERVATIONS
                or not needs_reservation(each, near, now_ms, after_seconds=self._after_seconds)
            ):
                continue
            mine = [agent for agent in near if agent.id == kept.get(each.run_id)]
            taken = {reservation.agent_id for reservation in planned}
            taken |= {agent for run, agent in kept.items() if run != each.run_id}
            found = choose_agent(each, mine, taken, now_ms) or choose_agent(
                each, near, taken, now_ms
            )
            if found is not None:
                planned.append(found)
        await self._store.reserve(planned)
        return planned
