"""Compare what the store grants with what looking at every run says that it should."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from mlmon_scheduler.adapters.redis.keys import key
from mlmon_scheduler.application.stored import LeasedRun, NewRun
from mlmon_scheduler.domain.quotas import ClientLimits
from mlmon_scheduler.domain.shapes import cell_of
from mlmon_shared.testing.clocks import FakeClock
from mlmon_shared.wire.agent_protocol import Vector
from tests.bench.backlogs import GIB, HOST, POOL, Backlog, Population, Store, open_store
from tests.bench.fair_order import Agent, FairOrder, Run

_HOSTS: Final = 6
_SMALL: Final = Vector(cpu_milli=16_000, memory=64 * GIB, gpus=2)
_ENDLESS: Final = [10**9, 2**50, 10**6, 2**50]
_LABEL: Final = "zone:a"
_HOLDER: Final = "holder"
_IMAGES: Final = [f"registry.example.com/ds/scores:{number}" for number in range(4)]
_ADDED_SHARE: Final = 0.4
_USAGE_ERROR: Final = 1e-6


@dataclass
class Checked:
    """What came out.

    Attributes:
        wrong: What should not have been granted, or charged so, in words.
        swapped: Grants of a run whose client has another with the same order and a lower id.
    """

    wrong: list[str]
    swapped: int = 0


async def check_grants(folder: Path, *, depth: int, checks: int, seed: int = 1) -> Checked:
    """Make a queue live for a while and check its grants.

    Args:
        folder: For a Valkey.
        depth: Queued runs at first.
        checks: Grants to check, one after the other.
        seed: Of everything that happens.
    """
    clock = FakeClock()
    async with open_store(folder, "valkey-checked", now_ms=clock.now_ms) as store:
        people = Population(clients=max(20, depth // 20), wide_limit=40)
        checker = _Checker(store, Backlog(people, seed=seed), clock, seed)
        await checker.prepare(depth)
        for _ in range(checks):
            await checker.step()
        return checker.found


class _Checker:
    """Does the same to the store and to the calculation."""

    def __init__(self, store: Store, backlog: Backlog, clock: FakeClock, seed: int) -> None:
        self._store = store
        self._backlog = backlog
        self._clock = clock
        self._random = random.Random(seed)  # noqa: S311 - a workload, not a secret
        shares = [*backlog.population.shares(), ClientLimits(_HOLDER)]
        self._order = FairOrder(shares)
        self._granted: list[tuple[Agent, LeasedRun]] = []
        self.found = Checked([])

    async def prepare(self, depth: int) -> None:
        """Fill the gates and the queue."""
        store, order, backlog = self._store, self._order, self._backlog
        await store.runs.begin_epoch(1, "bench")
        await store.order.configure_resources([("sessions", 2)])
        order.capacities["resource:sessions"] = 2
        await store.order.configure_clients(backlog.population.shares())
        await store.redis.config_set("appendfsync", "no")
        await store.add_agent(_HOLDER)
        holder = order.agents[_HOLDER] = Agent(_HOLDER, POOL, frozenset(), list(_ENDLESS))
        await self._add(list(backlog.holders()))
        while await self._lease(holder, await self._queued()):
            pass
        for start in range(0, depth, 50):
            await self._add([self._new(place) for place in range(start, start + 50)])
        for number in range(_HOSTS):
            capacity = HOST if number % 2 else _SMALL
            labels = frozenset([] if number else [_LABEL])
            name, pool = f"host-{number}", POOL if number else "highmem"
            offered = "".join(f",{label}," for label in labels)
            await store.add_agent(name, capacity, pool=pool, offered=offered)
            free = [capacity.cpu_milli, capacity.memory, capacity.gpus, capacity.disk]
            # Every third says nothing of images, as one that runs plain processes.
            images = frozenset(_IMAGES[number % 3 - 1 : number % 3 + 1] if number % 3 else [])
            order.agents[name] = Agent(name, pool, labels, free, images=images)

    async def step(self) -> None:
        """Let something happen, then ask for one run and check the answer."""
        chance = self._random
        self._clock.advance(chance.choice((0.0, 0.001, 1.0, 20.0)))
        if chance.random() < _ADDED_SHARE:
            await self._add([self._new(chance.randrange(2)) for _ in range(chance.randint(1, 4))])
        for _ in range(chance.randrange(3)):
            await self._end()
        hosts = [agent for name, agent in self._order.agents.items() if name != _HOLDER]
        agent = chance.choice(hosts)
        queued = await self._queued()
        expected = self._order.expect(agent, queued, self._clock.now_ms())
        room = list(agent.free)
        granted = await self._lease(agent, queued)
        if granted is not None and granted in expected:
            await self._compare_usage(granted)
            if any(each < granted and self._is_equal(granted, each) for each in expected):
                self.found.swapped += 1
        elif granted is not None or expected:
            self.found.wrong.append(self._explain(agent, room, granted, expected))

    def _is_equal(self, granted: str, expected: str) -> bool:
        one, other = self._order.runs[granted], self._order.runs[expected]
        return (one.client, one.lane, one.order) == (other.client, other.lane, other.order)

    async def _add(self, runs: Sequence[NewRun]) -> None:
        for run in runs:
            self._order.runs[run.id] = Run.of(run, self._clock.now_ms())
        await self._store.runs.enqueue(runs)
        await self._queued()

    async def _lease(self, agent: Agent, queued: Sequence[str]) -> str | None:
        granted = await self._store.lease(agent.name, 1, images=agent.images)
        for run in granted:
            self._order.grant(agent, run.run_id, queued, self._clock.now_ms())
            self._granted.append((agent, run))
        await self._store.accept(agent.name, granted)
        await self._queued()
        return granted[0].run_id if granted else None

    async def _end(self) -> None:
        if not self._granted:
            return
        agent, run = self._granted.pop(self._random.randrange(len(self._granted)))
        await self._store.succeed([run], await self._store.versions([run]))
        self._order.end(agent, run.run_id, self._clock.now_ms())
        await self._queued()

    async def _queued(self) -> list[str]:
        """Return what is in the index, and let the calculation see who became active."""
        redis = self._store.redis
        queues = [str(name).rpartition("|") for name in await redis.smembers(key("open_queues"))]
        async with redis.pipeline(transaction=False) as pipeline:
            for queue_class, _, lane in queues:
                pipeline.zrange(key("queue", queue_class, lane), 0, -1)
            members = await pipeline.execute()
        found = [str(each).rpartition("|")[2] for queue in members for each in queue]
        self._order.note_queued(found, self._clock.now_ms())
        return found

    async def _compare_usage(self, run_id: str) -> None:
        name = self._order.runs[run_id].client
        kept = str(await self._store.redis.hget(key("usage"), name)).split("|")
        client = self._order.clients[name]
        differences = [abs(float(kept[0]) - client.sum), abs(float(kept[1]) - client.credit)]
        if max(differences) > _USAGE_ERROR:
            self.found.wrong.append(f"{name} has {kept} charged; calculated: {client}")

    def _explain(
        self, agent: Agent, room: Sequence[int], granted: str | None, expected: Sequence[str]
    ) -> str:
        def describe(run_id: str | None) -> str:
            run = self._order.runs.get(run_id or "")
            if run is None:
                return "nothing"
            level = self._order.clients[run.client].level
            return f"{run} of level {level:.12g}"

        wanted = describe(expected[0] if expected else None)
        return f"{agent.name} with {room} got {describe(granted)} instead of {wanted}"

    def _new(self, place: int) -> NewRun:
        """Return a run: every second one behind a gate, and a few that are hard to place."""
        run = self._backlog.blocked() if place % 2 else self._backlog.ready(critical=0.05)
        fields, kind = dict(run.fields), self._random.random()
        if kind < 0.03:
            fields["shape"] += "x"
        elif kind < 0.08:
            fields["shape"] += f"@{_LABEL}"
        elif kind < 0.1:
            fields["avoid"] = f"host-{self._random.randrange(_HOSTS)}"
        fields["image"] = self._random.choice(_IMAGES)
        return NewRun(run.id, fields | {"cell": cell_of(fields["shape"])})
