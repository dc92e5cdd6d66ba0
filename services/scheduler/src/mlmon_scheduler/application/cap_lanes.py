"""Tell the queue what share of each pool its lanes may hold."""

from collections.abc import Callable, Sequence

from mlmon_scheduler.application.ports import QueueStore
from mlmon_scheduler.application.queue_facts import FactStore
from mlmon_scheduler.domain.lanes import PoolCaps
from mlmon_shared.wire.agent_protocol import Vector
from mlmon_shared.wire.catalog import Pool


class LaneCapper:
    """Measures pools that have caps; what a pool has changes with its agents.

    Args:
        facts: Has the agents.
        order: Takes the caps.
        pools: Returns the newest pools.
    """

    def __init__(
        self, facts: FactStore, order: QueueStore, pools: Callable[[], Sequence[Pool]]
    ) -> None:
        self._facts = facts
        self._order = order
        self._pools = pools

    async def cap_lanes(self) -> None:
        """Tell it once; agents that are away or drained count while they hold runs."""
        pools = self._pools()
        capacities = {pool.name: Vector() for pool in pools if pool.lane_shares}
        if capacities:
            for agent in await self._facts.read_agents(list(capacities)):
                if agent.is_open or agent.held:
                    capacities[agent.pool] = capacities[agent.pool].plus(agent.capacity)
        await self._order.cap_lanes(
            [
                PoolCaps(pool.name, pool.lane_shares, capacities[pool.name])
                if pool.name in capacities
                else PoolCaps(pool.name)
                for pool in pools
            ]
        )
