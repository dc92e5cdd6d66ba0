"""Which run goes next, calculated by looking at every run: what docs/architecture.md says."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from mlmon_scheduler.application.stored import NewRun
from mlmon_scheduler.domain.quotas import ClientLimits

WEIGHTS: Final = {"high": 64, "normal": 16, "low": 4, "backfill": 1}
_HALF_LIFE_MS: Final = 2 * 3600 * 1000
_NEVER: Final = -1e6
_NOTHING: Final = -40
"""Below this a client counts as never charged, whatever its weight."""
_SPILL_MS: Final = 60_000
_PEEKED: Final = 3
_EQUAL_MS: Final = 60_000
_SAME: Final = 1e-9
"""Levels that differ by less are equal: two languages add in their own way."""


_Queue = tuple[str, str, tuple[str, ...], str]


@dataclass
class Client:
    """What a client has used, as the logarithm of its decayed sum."""

    sum: float
    credit: float = 0.0
    weight: float = 1.0
    limit: int = 0

    @property
    def level(self) -> float:
        """What clients are compared by; lower goes first."""
        return self.sum - math.log2(self.weight)

    def charge(self, cost: float, now_ms: int) -> None:
        """Add a cost; what was charged too much before pays first."""
        paid = min(self.credit, cost)
        self.credit -= paid
        if cost - paid <= 0:
            return
        added = math.log2(cost - paid) + now_ms / _HALF_LIFE_MS
        high, low = max(self.sum, added), min(self.sum, added)
        self.sum = high + math.log2(1 + 2 ** (low - high))


@dataclass
class Agent:
    """A host, and what it has left."""

    name: str
    pool: str
    labels: frozenset[str]
    free: list[int]
    images: frozenset[str] = frozenset()
    held: dict[str, list[int]] = field(default_factory=dict)


@dataclass(frozen=True)
class Run:
    """A run as it was submitted."""

    id: str
    client: str
    lane: str
    pools: tuple[str, ...]
    asked: tuple[int, int, int, int]
    is_exclusive: bool
    labels: frozenset[str]
    order: int
    ready_ms: int
    avoid: frozenset[str]
    gates: tuple[tuple[str, int, int | None], ...]
    share: float
    cost: float
    image: str
    shape: str

    @property
    def queue(self) -> _Queue:
        """What runs have in common among which one may go before another for its image."""
        return (self.client, self.lane, self.pools, self.shape)

    @classmethod
    def of(cls, run: NewRun, now_ms: int) -> "Run":
        """Read a run that becomes ready now."""
        fields = run.fields
        shape, _, labels = fields["shape"].partition("@")
        amounts = shape.removesuffix("x")[1:]
        for letter in "mgd":
            amounts = amounts.replace(letter, " ")
        cpu, memory, gpus, disk = (int(amount) for amount in amounts.split())
        gates = []
        for gate in filter(None, fields["gates"].split(";")):
            name, _, numbers = gate.partition("=")
            amount, _, limit = numbers.partition("/")
            gates.append((name, int(amount), int(limit) if limit else None))
        return cls(
            id=run.id,
            client=fields["client"],
            lane=fields["effective_lane"],
            pools=() if fields["class"] == "*" else tuple(fields["class"].split(",")),
            asked=(cpu, memory, gpus, disk),
            is_exclusive=shape.endswith("x"),
            labels=frozenset(filter(None, labels.split(","))),
            order=now_ms - 60_000 * int(fields["effective_priority"]),
            ready_ms=now_ms,
            avoid=frozenset(filter(None, fields.get("avoid", "").split(","))),
            gates=tuple(gates),
            share=float(fields["share"]),
            cost=float(fields["share"]) * float(fields["estimate"]),
            image=fields["image"],
            shape=fields["shape"],
        )


class FairOrder:
    """Everything that decides which run goes next, kept without the store.

    Attributes:
        clients: By name.
        agents: By name.
        runs: Every run that is not final.
        leased: Of these, the leased and the time at which they were accepted.
        capacities: Of named resources.
    """

    def __init__(self, clients: Iterable[ClientLimits]) -> None:
        self.clients = {
            each.name: Client(_NEVER, weight=each.weight, limit=each.runs) for each in clients
        }
        self.agents: dict[str, Agent] = {}
        self.runs: dict[str, Run] = {}
        self.leased: dict[str, int] = {}
        self.capacities: dict[str, int] = {}
        self._served: dict[str, float] = {}
        self._served_here: dict[tuple[tuple[str, ...], str], tuple[float, int]] = {}
        self._passes: dict[tuple[str, str], float] = {}
        self._turns: dict[str, float] = {}
        self._holds: dict[str, set[str]] = {}
        self._holders: dict[str, dict[str, int]] = {}
        self._queued: dict[str, int] = {}

    def note_queued(self, run_ids: Iterable[str], now_ms: int) -> None:
        """Take the runs that are queued now: who had nothing queued before is a newcomer."""
        queued: dict[str, list[str]] = {}
        for run_id in run_ids:
            queued.setdefault(self.runs[run_id].client, []).append(run_id)
        for client, mine in queued.items():
            if client not in self._queued:
                first = min(mine, key=lambda run_id: run_id)
                self._raise_newcomer(client, self.runs[first], now_ms)
        self._queued = {client: len(mine) for client, mine in queued.items()}

    def expect(self, agent: Agent, queued: Sequence[str], now_ms: int) -> list[str]:
        """Return the runs of which one goes next: one, unless clients have used the same."""
        lanes = self._lanes(agent.pool, queued)
        ready = [
            (place, run)
            for run in map(self.runs.__getitem__, queued)
            if (place := self._place(agent, run, lanes, now_ms)) is not None
        ]
        if not ready:
            return []
        best = min(place for place, _ in ready)
        candidates = [run for place, run in ready if place == best]
        nothing = now_ms / _HALF_LIFE_MS + _NOTHING
        levels = {run.client: max(nothing, self.clients[run.client].level) for run in candidates}
        lowest = min(levels.values())
        firsts: dict[str, Run] = {}
        for run in candidates:
            if levels[run.client] <= lowest + _SAME:
                known = firsts.get(run.client)
                if known is None or (run.order, run.id) < (known.order, known.id):
                    firsts[run.client] = run
        # Of one client's runs of equal order and several shapes, the store may take any first.
        alike = {run.queue: run for run in candidates if run.order == _order_of(firsts, run.client)}
        return [self._choose(agent, queue, queued, now_ms) for queue in alike]

    def _choose(self, agent: Agent, queue: _Queue, queued: Sequence[str], now_ms: int) -> str:
        """Return which run of one client and shape goes: one whose image is there, if it may."""
        waiting = sorted(
            (run for run in map(self.runs.__getitem__, queued) if run.queue == queue),
            key=lambda run: (run.order, run.id),
        )
        while True:
            chosen = self._peek(agent, waiting[:_PEEKED], now_ms)
            if self._may_start(chosen):
                return chosen.id
            # A run that finds a gate full is moved aside.
            waiting.remove(chosen)

    def _peek(self, agent: Agent, waiting: Sequence[Run], now_ms: int) -> Run:
        chosen: Run | None = None
        for run in waiting:
            if chosen is not None and run.order - chosen.order >= _EQUAL_MS:
                break
            is_old = run.ready_ms <= now_ms - _SPILL_MS
            if not is_old and agent.name in run.avoid:
                continue
            is_here = not agent.images or run.image in agent.images
            if is_here or chosen is None:
                chosen = run
            if is_here or (is_old and chosen is run):
                break
        if chosen is None:
            raise ValueError(f"nothing for {agent.name} among {waiting}")
        return chosen

    def grant(self, agent: Agent, run_id: str, queued: Sequence[str], now_ms: int) -> None:
        """Give a run to an agent."""
        run = self.runs[run_id]
        client = self.clients[run.client]
        self._served[run.lane] = client.level
        self._served_here[run.pools, run.lane] = (client.level, now_ms)
        client.charge(run.cost, now_ms)
        asked = list(agent.free) if run.is_exclusive else list(run.asked)
        agent.held[run_id] = asked
        agent.free = [free - amount for free, amount in zip(agent.free, asked, strict=True)]
        self.leased[run_id] = now_ms
        self._holds.setdefault(run.client, set()).add(run_id)
        for gate, amount, _ in run.gates:
            self._holders.setdefault(gate, {})[run_id] = amount
        if run.lane in WEIGHTS and len(self._shared_lanes(agent.pool, queued)) > 1:
            at = (agent.pool, run.lane)
            turn = max(self._passes.get(at, 0.0), self._turns.get(agent.pool, 0.0))
            self._turns[agent.pool] = turn
            self._passes[at] = turn + run.cost / WEIGHTS[run.lane]

    def end(self, agent: Agent, run_id: str, now_ms: int) -> None:
        """End a run that was accepted when it was granted."""
        run = self.runs.pop(run_id)
        used = run.share * (now_ms - self.leased.pop(run_id)) / 1000
        client = self.clients[run.client]
        if used > run.cost:
            client.charge(used - run.cost, now_ms)
        else:
            client.credit += run.cost - used
        asked = agent.held.pop(run_id)
        agent.free = [free + amount for free, amount in zip(agent.free, asked, strict=True)]
        self._holds[run.client].discard(run_id)
        for gate, _, _ in run.gates:
            del self._holders[gate][run_id]

    def _place(
        self, agent: Agent, run: Run, lanes: Sequence[str], now_ms: int
    ) -> tuple[bool, int] | None:
        """Return which turn the run has by pool and lane, None when it cannot start here now."""
        if run.pools and agent.pool not in run.pools:
            return None
        is_first = not run.pools or run.pools[0] == agent.pool
        is_old = run.ready_ms <= now_ms - _SPILL_MS
        if not is_old and (not is_first or agent.name in run.avoid):
            return None
        if not self._fits(agent, run) or not self._may_start(run):
            return None
        return (not is_first, lanes.index(run.lane))

    def _fits(self, agent: Agent, run: Run) -> bool:
        if run.is_exclusive and agent.held:
            return False
        has_room = all(asked <= free for asked, free in zip(run.asked, agent.free, strict=True))
        return has_room and run.labels <= agent.labels

    def _may_start(self, run: Run) -> bool:
        limit = self.clients[run.client].limit
        if limit and len(self._holds.get(run.client, ())) >= limit:
            return False
        for gate, amount, most in run.gates:
            holders = self._holders.get(gate, {})
            if most is None:
                room = self.capacities.get(gate, 0) - sum(holders.values())
            else:
                room = most - len(holders)
            if room < amount:
                return False
        return True

    def _shared_lanes(self, pool: str, queued: Sequence[str]) -> set[str]:
        return {
            run.lane
            for run in map(self.runs.__getitem__, queued)
            if run.lane in WEIGHTS and (not run.pools or pool in run.pools)
        }

    def _lanes(self, pool: str, queued: Sequence[str]) -> list[str]:
        turn = self._turns.get(pool, 0.0) if len(self._shared_lanes(pool, queued)) > 1 else 0.0
        passes = {lane: max(self._passes.get((pool, lane), 0.0), turn) for lane in WEIGHTS}
        return ["critical", *sorted(WEIGHTS, key=lambda lane: (passes[lane], -WEIGHTS[lane]))]

    def _raise_newcomer(self, name: str, run: Run, now_ms: int) -> None:
        if run.lane not in self._served:
            return
        level, at = self._served_here.get((run.pools, run.lane), (0.0, -_HALF_LIFE_MS - 1))
        if now_ms - at > _HALF_LIFE_MS:
            level = self._served[run.lane]
        client = self.clients[name]
        client.sum = max(client.sum, level - 1 + math.log2(client.weight))


def _order_of(firsts: Mapping[str, Run], client: str) -> int | None:
    first = firsts.get(client)
    return None if first is None else first.order
