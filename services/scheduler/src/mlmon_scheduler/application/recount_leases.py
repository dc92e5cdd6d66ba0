"""Recount what agents, pools, gates and clients hold: every such figure follows from the leases."""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import structlog

Holder = Literal["agent", "pool", "gate", "client"]

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Drift:
    """A figure that was not what the leases say, and was mended.

    Attributes:
        holder: Whose kind of figure.
        name: Of the agent, pool, gate or client.
        what: The figure.
        expected: What the leases say.
        found: What it was.
    """

    holder: Holder
    name: str
    what: str
    expected: str
    found: str


@dataclass(frozen=True)
class Recount:
    """What recounting one holder came to.

    Attributes:
        drifts: What differed.
        gates: At which the leases of an agent have places.
    """

    drifts: Sequence[Drift]
    gates: frozenset[str] = frozenset()


class RecountStore(Protocol):
    """Leases, and what is derived from them."""

    def list_agents(self) -> AsyncIterator[str]:
        """Yield the agents that are registered or awaited, some perhaps twice."""

    async def find_pool(self, agent: str) -> str | None:
        """Return the pool of an agent, None of one that is only awaited."""

    def list_full_gates(self) -> AsyncIterator[str]:
        """Yield the gates at which runs are parked, some perhaps twice."""

    def list_clients(self) -> AsyncIterator[str]:
        """Yield the clients that have used anything or have queued runs, some perhaps twice."""

    async def recount(self, holder: Holder, name: str) -> Recount:
        """Compare all that one holds with the leases, mend it, and return what differed."""


class LeaseRecounter:
    """Looks through all agents, pools, gates and clients, a little at a time.

    A figure that differs is a bug of ours: it is logged as an error, and mended, because until
    then runs wait for room that is there, or get room that is not.

    Args:
        store: Of leases.
        on_drift: Called for each figure that differed, with its holder's kind.
    """

    def __init__(self, store: RecountStore, on_drift: Callable[[Holder], None]) -> None:
        self._store = store
        self._on_drift = on_drift

    async def recount_leases(self) -> int:
        """Recount everything; return how many figures differed.

        Agents come first, because what they hold is what the others are compared with. Gates
        that nobody holds and nobody waits at are not looked at.
        """
        drifts = 0
        gates: set[str] = set()
        pools: set[str] = set()
        async for agent in self._store.list_agents():
            recount = await self._store.recount("agent", agent)
            gates |= recount.gates
            if (pool := await self._store.find_pool(agent)) is not None:
                pools.add(pool)
            drifts += self._report(recount)
        for pool in sorted(pools):
            drifts += self._report(await self._store.recount("pool", pool))
        async for gate in self._store.list_full_gates():
            gates.add(gate)
        for gate in sorted(gates):
            drifts += self._report(await self._store.recount("gate", gate))
        async for client in self._store.list_clients():
            drifts += self._report(await self._store.recount("client", client))
        return drifts

    def _report(self, recount: Recount) -> int:
        for drift in recount.drifts:
            log.error(
                "count had drifted from the leases; mended",
                holder=drift.holder,
                name=drift.name,
                what=drift.what,
                expected=drift.expected,
                found=drift.found,
            )
            self._on_drift(drift.holder)
        return len(recount.drifts)
