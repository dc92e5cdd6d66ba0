"""Backlogs as large installations have them, put into a real Valkey in a short time."""

import asyncio
import itertools
import json
import random
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from redis.asyncio import Redis

from mlmon_scheduler.adapters.redis.keys import key
from mlmon_scheduler.adapters.redis.lease_store import RedisLeaseStore
from mlmon_scheduler.adapters.redis.queue_store import RedisQueueStore
from mlmon_scheduler.adapters.redis.run_store import RedisRunStore
from mlmon_scheduler.adapters.redis.scripts import Scripts
from mlmon_scheduler.application.stored import Acceptance, AttemptEnding, LeasedRun, Left, NewRun
from mlmon_scheduler.domain.quotas import ClientLimits
from mlmon_scheduler.domain.shapes import cell_of, class_of
from mlmon_shared.embedded.valkey import EmbeddedValkey
from mlmon_shared.errors import StaleFenceError
from mlmon_shared.testing.polling import eventually
from mlmon_shared.wire.agent_protocol import Vector
from mlmon_shared.wire.images import image_mark

GIB: Final = 2**30
POOL: Final = "cpu"
HOST: Final = Vector(cpu_milli=64_000, memory=512 * GIB, gpus=8, disk=0)
SHAPES: Final = [
    Vector(cpu_milli=cpu, memory=cpu * ratio * GIB // 1000, gpus=gpus)
    for cpu in (500, 1000, 2000, 4000, 8000)
    for ratio in (1, 2, 4, 8)
    for gpus in (0, 1)
]
LANES: Final = {"high": 10, "normal": 60, "low": 20, "backfill": 10}
CLASSES: Final = {(): 60, ("cpu",): 20, ("cpu", "highmem"): 15, ("highmem", "cpu"): 5}
AGENTS: Final = [f"agent-{number}" for number in range(32)]
_PER_CALL: Final = 50
_CALLS_IN_FLIGHT: Final = 16
_ENDLESS: Final = Vector(cpu_milli=10**9, memory=2**50, gpus=10**6, disk=2**50)


@dataclass(frozen=True)
class Population:
    """Who has runs, and what stops half of them.

    Attributes:
        clients: In all; one in ten of them is at its own limit.
        gated_jobs: Jobs of which as many run as may.
        wide_limit: Of the gate that runs pass that nothing stops.
    """

    clients: int = 5000
    gated_jobs: int = 20
    wide_limit: int = 100_000

    def client(self, number: int) -> str:
        """Return a client's name."""
        return f"client-{number:05d}"

    def is_limited(self, number: int) -> bool:
        """Tell whether this client already runs all that it may."""
        return number % 10 == 0

    def shares(self) -> list[ClientLimits]:
        """Return weights and limits of every client."""
        return [
            ClientLimits(self.client(number), 1.0 + number % 4, int(self.is_limited(number)))
            for number in range(self.clients)
        ]


class Backlog:
    """Makes runs, the same ones for the same seed.

    Half of them wait behind a gate that is full: in equal parts a client's limit, a job's, a
    job's for one client, and a named resource. The other half passes a gate with room.
    """

    def __init__(self, population: Population, *, seed: int) -> None:
        self.population = population
        self._random = random.Random(seed)  # noqa: S311 - a workload, not a secret
        self._numbers = itertools.count()
        self._free_clients = [
            number for number in range(population.clients) if not population.is_limited(number)
        ]
        self._limited = [
            number for number in range(population.clients) if population.is_limited(number)
        ]

    def holders(self) -> Iterator[NewRun]:
        """Yield the runs that fill the gates, one each."""
        people = self.population
        for job in range(people.gated_jobs):
            yield self._run(client="holder", gates=f"job:gated-{job}=1/1;", is_holder=True)
        for number in self._free_clients[: people.clients // 4]:
            client = people.client(number)
            yield self._run(client=client, gates=f"client:{client}:narrow=1/1;", is_holder=True)
        for number in self._limited:
            yield self._run(client=people.client(number), is_holder=True)

    def blocked(self) -> NewRun:
        """Return a run behind a full gate."""
        people, chance = self.population, self._random
        kind = chance.randrange(4)
        if kind == 0:
            return self._run(client=people.client(chance.choice(self._limited)))
        number = chance.choice(self._free_clients)
        client = people.client(number)
        if kind == 1:
            gates = f"job:gated-{chance.randrange(people.gated_jobs)}=1/1;"
        elif kind == 2:
            client = people.client(chance.choice(self._free_clients[: people.clients // 4]))
            gates = f"client:{client}:narrow=1/1;"
        else:
            gates = "resource:sessions=1/;"
        return self._run(client=client, gates=gates)

    def ready(self, *, critical: float = 0.0, size: Vector | None = None) -> NewRun:
        """Return a run that nothing stops.

        Args:
            critical: So many of them are critical.
            size: What it asks for; any of the shapes when left out.
        """
        client = self.population.client(self._random.choice(self._free_clients))
        is_critical = self._random.random() < critical
        return self._run(
            client=client,
            gates=f"job:wide=1/{self.population.wide_limit};",
            lane="critical" if is_critical else None,
            size=size,
        )

    def fill(self, depth: int) -> Iterator[NewRun]:
        """Yield so many runs, every second one blocked."""
        for number in range(depth):
            yield self.blocked() if number % 2 else self.ready()

    def _run(
        self,
        *,
        client: str,
        gates: str = "",
        lane: str | None = None,
        size: Vector | None = None,
        is_holder: bool = False,
    ) -> NewRun:
        chance = self._random
        number = next(self._numbers)
        size = size or (SHAPES[0] if is_holder else chance.choice(SHAPES))
        shape = f"c{size.cpu_milli}m{size.memory}g{size.gpus}d{size.disk}"
        lane = lane or chance.choices(list(LANES), list(LANES.values()))[0]
        pools = chance.choices(list(CLASSES), list(CLASSES.values()))[0] if not is_holder else ()
        priority = str(chance.choice((20, 50, 50, 50, 80)))
        run_id = f"01900000-0000-7000-8000-{number:012d}"
        share = max(size.cpu_milli / HOST.cpu_milli, size.memory / HOST.memory, size.gpus / 8)
        fields = {
            "id": run_id,
            "job": f"job-{number % 97}",
            "version": "1",
            "client": client,
            "image": "registry.example.com/ds/scores:1",
            "lane": lane,
            "priority": priority,
            "effective_lane": lane,
            "effective_priority": priority,
            "labels": '{"team":"growth"}',
            "params": '{"month":12}',
            "resources": f'{{"cpu":{size.cpu_milli / 1000},"memory":{size.memory}}}',
            "pools": json.dumps(pools),
            "depends_on": "[]",
            "submitted_by": "bench",
            "class": class_of(pools),
            "shape": shape,
            "cell": cell_of(shape),
            "share": repr(share),
            "estimate": repr(chance.choice((60.0, 600.0, 3600.0))),
            "gates": gates,
        }
        return NewRun(run_id, fields)


class Store:
    """A Valkey of its own with the stores of the scheduler on it.

    Attributes:
        server: With `appendfsync always`.
        redis: On it, decoding to text.
    """

    def __init__(self, server: EmbeddedValkey, redis: Redis, scripts: Scripts) -> None:
        self.server = server
        self.redis = redis
        self.runs = RedisRunStore(redis, scripts)
        self.order = RedisQueueStore(scripts)
        self.leases = RedisLeaseStore(redis, scripts, accept_seconds=3600, spill_after_seconds=60)
        self._poll_seqs: dict[str, int] = {}

    async def add_agent(
        self, agent_id: str, capacity: Vector = _ENDLESS, *, pool: str = POOL, offered: str = ""
    ) -> None:
        """Register an agent that stays alive for a year without a beat."""
        await self.leases.register_agent(
            agent_id,
            "session",
            365 * 86400.0,
            {
                "host": agent_id,
                "pool": pool,
                "boot_id": "boot",
                "runtime": "process",
                "agent_version": "1",
                "labels": "{}",
                "offered": offered,
                "cpu_milli": str(capacity.cpu_milli),
                "memory": str(capacity.memory),
                "gpus": str(capacity.gpus),
                "disk": str(capacity.disk),
            },
        )

    async def lease(
        self,
        agent_id: str,
        maximum: int,
        free: Vector = _ENDLESS,
        images: Iterable[str] = (),
    ) -> Sequence[LeasedRun]:
        """Ask for work as an agent does on whose host these images are."""
        marks = [image_mark(name) for name in images]
        self._poll_seqs[agent_id] = self._poll_seqs.get(agent_id, 0) + 1
        while True:
            lease = await self.leases.lease(
                agent_id,
                "session",
                poll_seq=self._poll_seqs[agent_id],
                free=free,
                maximum=maximum,
                images=marks,
            )
            if lease.runs or lease.left is not Left.UNREAD:
                return lease.runs

    async def accept(self, agent_id: str, runs: Sequence[LeasedRun]) -> None:
        """Accept grants, as many in one call as an agent may send."""
        wanted = [Acceptance(run.run_id, run.attempt, run.fence) for run in runs]
        refused = [error for error in await self.leases.accept(agent_id, wanted) if error]
        if refused:
            raise refused[0]

    async def succeed(self, runs: Sequence[LeasedRun], versions: Sequence[str]) -> None:
        """End attempts well, on the versions that `versions` returned."""
        endings = [
            AttemptEnding(
                run.run_id,
                run.attempt,
                run.fence,
                rv,
                "succeeded",
                "succeeded",
                attempt_fields={"cause": "", "exit_code": "0", "reason": "", "usage": "{}"},
                run_fields={"cause": "", "exit_code": "0", "reason": "", "metrics": "{}"},
            )
            for run, rv in zip(runs, versions, strict=True)
        ]
        for answer in await self.leases.complete(endings):
            if isinstance(answer, StaleFenceError):
                raise answer

    async def versions(self, runs: Sequence[LeasedRun]) -> list[str]:
        """Return the version of each run, which an ending is decided on."""
        async with self.redis.pipeline(transaction=False) as pipeline:
            for run in runs:
                pipeline.hget(key("run", run.run_id), "rv")
            return [str(rv) for rv in await pipeline.execute()]

    async def add(self, runs: Iterator[NewRun]) -> int:
        """Enqueue runs, many calls in flight; return how many."""
        added = 0
        waiting: set[asyncio.Task[int]] = set()
        for chunk in _chunks(runs, _PER_CALL):
            added += len(chunk)
            waiting.add(asyncio.create_task(self.runs.enqueue(chunk)))
            if len(waiting) >= _CALLS_IN_FLIGHT:
                done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    task.result()
        for task in waiting:
            await task
        return added

    async def forget_events(self) -> None:
        """Empty the stream, as report-writer's progress lets the scheduler do."""
        await self.redis.xtrim(key("events", 1), maxlen=0, approximate=False)

    async def used_memory(self) -> int:
        """Return the bytes that the data takes."""
        return int((await self.redis.info("memory"))["used_memory_dataset"])

    async def server_microseconds(self) -> float:
        """Return the processor time of the server's one thread so far: others do not add to it."""
        cpu = await self.redis.info("cpu")
        seconds = cpu["used_cpu_user_main_thread"] + cpu["used_cpu_sys_main_thread"]
        return float(seconds) * 1e6

    @asynccontextmanager
    async def unlogged(self) -> AsyncIterator[None]:
        """Write no append-only file meanwhile: filling is not what is measured."""
        await self.redis.config_set("appendonly", "no")
        yield
        await self.redis.config_set("appendonly", "yes")

        async def is_rewritten() -> bool:
            return not (await self.redis.info("persistence"))["aof_rewrite_in_progress"]

        await eventually(is_rewritten, within_seconds=300)

    async def prepare(self, backlog: Backlog, depth: int) -> float:
        """Begin an epoch, fill the gates and the queue; return bytes per queued run."""
        await self.runs.begin_epoch(1, "bench")
        await self.order.configure_resources([("sessions", 0)])
        await self.order.configure_clients(backlog.population.shares())
        await self.add_agent("holder")
        for agent_id in AGENTS:
            await self.add_agent(agent_id)
        async with self.unlogged():
            await self.add(backlog.holders())
            while held := await self.lease("holder", 16):
                await self.accept("holder", held)
            await self.forget_events()
            before = await self.used_memory()
            await self.add(backlog.fill(depth))
            await self.forget_events()
            return (await self.used_memory() - before) / depth


@asynccontextmanager
async def open_store(
    folder: Path, name: str, *, now_ms: Callable[[], int] | None = None
) -> AsyncIterator[Store]:
    """Run a Valkey that fsyncs, and yield the stores on it.

    Args:
        folder: Of all servers.
        name: Of this one's own folder.
        now_ms: What scripts take for the time instead of the server's.
    """
    async with EmbeddedValkey(folder / name, ready_within_seconds=120.0) as server:
        redis = Redis.from_url(server.url, decode_responses=True)
        try:
            yield Store(server, redis, Scripts(redis, now_ms=now_ms))
        finally:
            await redis.aclose()


def _chunks(runs: Iterator[NewRun], size: int) -> Iterator[list[NewRun]]:
    while chunk := list(itertools.islice(runs, size)):
        yield chunk
