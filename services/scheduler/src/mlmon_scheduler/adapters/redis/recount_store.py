"""Recount in Redis, a little at a time, what agents, gates and clients are said to hold."""

from collections.abc import AsyncIterator
from typing import Final

from mlmon_scheduler.adapters.redis.commands import RedisCommands
from mlmon_scheduler.adapters.redis.keys import key
from mlmon_scheduler.application.recount_leases import Drift, Holder, Recount

_CHUNK: Final = 100
_HELD: Final = {"agent": "held", "pool": "lane_held", "gate": "holders", "client": "holds"}


class RedisRecountStore(RedisCommands):
    """Implements `RecountStore`.

    Args:
        scripts: On the Redis of live runs.
    """

    async def list_agents(self) -> AsyncIterator[str]:
        """Yield the agents that are registered or awaited, some perhaps twice."""
        for name in (key("agents"), key("agents_by_deadline")):
            async for agent in self._scan("ZSCAN", name):
                yield agent

    async def find_pool(self, agent: str) -> str | None:
        """Return the pool of an agent, None of one that is only awaited."""
        found: str | None = await self._do("HGET", key("agent", agent), "pool")
        return found

    async def list_full_gates(self) -> AsyncIterator[str]:
        """Yield the gates at which runs are parked, some perhaps twice."""
        async for gate in self._scan("SSCAN", key("full_gates")):
            yield gate

    async def list_clients(self) -> AsyncIterator[str]:
        """Yield the clients that have used anything or have queued runs, some perhaps twice."""
        for name in (key("usage"), key("queued_by_client")):
            async for client in self._scan("HSCAN", name):
                yield client

    async def recount(self, holder: Holder, name: str) -> Recount:
        """Compare all that one holds with the leases, mend it, and return what differed."""
        drifts: list[Drift] = []
        gates: set[str] = set()
        chunk: list[str] = []

        async def look() -> None:
            _, answer = await self._scripts.call("recount", [key("ep")], [holder, name, *chunk])
            count = int(answer[0])
            rows = answer[1 : 1 + 3 * count]
            gates.update(answer[1 + 3 * count :])
            drifts.extend(
                Drift(holder, name, what, expected, found)
                for what, expected, found in zip(rows[::3], rows[1::3], rows[2::3], strict=True)
            )
            chunk.clear()

        async for run_id in self._scan("HSCAN", key(_HELD[holder], name)):
            chunk.append(run_id)
            if len(chunk) == _CHUNK:
                await look()
        if chunk:
            await look()
        await look()
        return Recount(drifts, frozenset(gates))

    async def _scan(self, command: str, name: str) -> AsyncIterator[str]:
        cursor = "0"
        while True:
            cursor, found = await self._do(command, name, cursor, "COUNT", _CHUNK)
            for each in found:
                # A sorted set's members come with their scores.
                yield each if isinstance(each, str) else each[0]
            if int(cursor) == 0:
                return
