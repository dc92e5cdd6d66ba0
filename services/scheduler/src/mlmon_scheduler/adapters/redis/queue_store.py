"""The order of the queue in Redis: clients' shares, named resources, inherited priority."""

from collections.abc import Sequence

from mlmon_scheduler.adapters.redis.keys import key
from mlmon_scheduler.adapters.redis.scripts import Scripts
from mlmon_scheduler.domain.lanes import PoolCaps
from mlmon_scheduler.domain.quotas import ClientLimits
from mlmon_scheduler.domain.reservations import Reservation

_CHUNK = 100


class RedisQueueStore:
    """Implements `QueueStore`.

    Args:
        scripts: On the Redis of live runs.
    """

    def __init__(self, scripts: Scripts) -> None:
        self._scripts = scripts

    async def configure_clients(self, clients: Sequence[ClientLimits]) -> int:
        """Take weights and limits; return how many changed."""
        changed = 0
        for start in range(0, len(clients), _CHUNK):
            values = [
                value
                for client in clients[start : start + _CHUNK]
                for value in (client.name, client.weight, client.runs, client.resources.pack())
            ]
            _, answer = await self._scripts.call("configure_clients", [key("ep")], values)
            changed += int(answer[0])
        return changed

    async def configure_resources(self, resources: Sequence[tuple[str, int]]) -> None:
        """Take capacities of named resources, and let in what there is room for now."""
        for start in range(0, len(resources), _CHUNK):
            values = [value for each in resources[start : start + _CHUNK] for value in each]
            await self._scripts.call("configure_resources", [key("ep")], values)

    async def cap_lanes(self, pools: Sequence[PoolCaps]) -> None:
        """Take what share of each pool lanes may hold before others go first."""
        for start in range(0, len(pools), _CHUNK):
            values = [
                value
                for pool in pools[start : start + _CHUNK]
                for value in (
                    pool.name,
                    "".join(f"{lane}={share!r};" for lane, share in pool.shares.items()),
                    pool.capacity.cpu_milli,
                    pool.capacity.memory,
                    pool.capacity.gpus,
                    pool.capacity.disk,
                )
            ]
            await self._scripts.call("cap_lanes", [key("ep")], values)

    async def reserve(self, reservations: Sequence[Reservation]) -> int:
        """Keep these agents, and no others; return how many are kept."""
        values = [
            value
            for each in reservations
            for value in (each.run_id, each.agent_id, each.room_at_ms)
        ]
        _, answer = await self._scripts.call("reserve", [key("ep")], values)
        return int(answer[0])

    async def admit(self, limit: int) -> int:
        """Let in what so many full gates have room for now; return how many runs."""
        _, answer = await self._scripts.call("admit", [key("ep")], [limit])
        return int(answer[0])

    async def inherit(self, limit: int) -> tuple[int, int]:
        """Raise what waiting runs wait on; return runs raised and what is left to be looked at."""
        _, answer = await self._scripts.call("inherit", [key("ep")], [limit])
        return int(answer[0]), int(answer[1])
