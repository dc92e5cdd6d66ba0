"""A queue on a real Valkey, with a clock that the test moves."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from redis.asyncio import Redis

from mlmon_scheduler.adapters.redis.fact_store import RedisFactStore
from mlmon_scheduler.adapters.redis.keys import key
from mlmon_scheduler.adapters.redis.lease_store import RedisLeaseStore
from mlmon_scheduler.adapters.redis.queue_store import RedisQueueStore
from mlmon_scheduler.adapters.redis.run_store import RedisRunStore
from mlmon_scheduler.adapters.redis.scripts import Scripts
from mlmon_scheduler.application.stored import (
    Acceptance,
    AttemptEnding,
    Completion,
    Lease,
    LeasedRun,
    Lookup,
    NewBatch,
    NewGroup,
    NewRun,
)
from mlmon_scheduler.domain.attempt_limits import AttemptLimits
from mlmon_scheduler.domain.shapes import cell_of, class_of
from mlmon_shared.testing.clocks import FakeClock
from mlmon_shared.wire.agent_protocol import Vector
from mlmon_shared.wire.images import image_mark
from tests.integration.answers import only

SLOT = Vector(cpu_milli=1000, memory=2**30)
ACCEPT_SECONDS = 30.0
SPILL_SECONDS = 60.0


@dataclass
class Queue:
    """The stores under test, and short ways to drive them."""

    runs: RedisRunStore
    leases: RedisLeaseStore
    order: RedisQueueStore
    facts: RedisFactStore
    redis: Redis
    clock: FakeClock
    poll_seqs: dict[str, int] = field(default_factory=dict)

    async def add(
        self,
        run_id: str,
        *,
        job: str = "job",
        client: str = "acme",
        priority: int = 50,
        pools: Sequence[str] = (),
        edges: Sequence[tuple[str, str]] = (),
        groups: Sequence[str] = (),
        batch: str = "",
        shape: Vector = SLOT,
        not_before: int | None = None,
        lane: str = "normal",
        gates: str = "",
        share: float = 0.5,
        estimate: float = 600.0,
        p90: float | None = None,
        demands: str = "",
        avoid: str = "",
        image: str = "image",
        needed: int | None = None,
        on_upstream_failure: str = "skip",
        lookups: Sequence[Lookup] = (),
        is_sealed: bool = True,
        memory: int | None = None,
        deadline: Mapping[str, str] | None = None,
        index: int = 0,
        slot: int | None = None,
        backfill: str = "",
    ) -> int:
        shape_name = f"c{shape.cpu_milli}m{shape.memory}g{shape.gpus}d{shape.disk}{demands}"
        fields = {
            "id": run_id,
            "job": job,
            "version": "1",
            "client": client,
            "image": image,
            "lane": lane,
            "priority": str(priority),
            "effective_lane": lane,
            "effective_priority": str(priority),
            "labels": "{}",
            "params": "{}",
            "resources": json.dumps(
                {"cpu": shape.cpu_milli / 1000, "memory": memory or shape.memory}
            ),
            "pools": "[]",
            "depends_on": json.dumps(
                [
                    {"job": job, "run": parent, "when": when}
                    for parent, when in edges
                    if not parent.startswith("g:")
                ]
            ),
            "on_upstream_failure": on_upstream_failure,
            "class": class_of(pools),
            "shape": shape_name,
            "cell": cell_of(shape_name),
            "share": repr(share),
            "estimate": repr(estimate),
            "p90": repr(estimate if p90 is None else p90),
            "gates": gates,
        }
        if batch:
            fields |= {"batch": batch, "key": run_id}
        fields |= deadline or {}
        if slot is not None:
            fields |= {"slot": str(slot), "slot_date": "2026-01-05"}
        if backfill:
            fields["backfill"] = backfill
        if not_before is not None:
            fields["not_before"] = str(not_before)
        if avoid:
            fields["avoid"] = avoid
        if needed is not None:
            fields["needed"] = str(needed)
        if not is_sealed:
            fields["edges_added"] = str(len(edges))
        run = NewRun(
            run_id,
            fields,
            edges,
            is_sealed=is_sealed,
            lookups=lookups,
            groups=groups,
            index=index,
        )
        return await self.runs.enqueue([run])

    async def add_agent(
        self,
        agent_id: str = "agent",
        *,
        pool: str = "cpu",
        slots: int = 2,
        boot_id: str = "boot",
        patience: float = 60.0,
        gpus: int = 0,
    ) -> str:
        await self.leases.register_agent(
            agent_id,
            f"session-{agent_id}",
            patience,
            {
                "host": agent_id,
                "pool": pool,
                "boot_id": boot_id,
                "runtime": "process",
                "agent_version": "1",
                "labels": "{}",
                "cpu_milli": str(slots * 1000),
                "memory": str(slots * 2**30),
                "gpus": str(gpus),
                "disk": "0",
            },
        )
        return agent_id

    async def lease(
        self,
        agent_id: str = "agent",
        maximum: int = 1,
        *,
        repeat: bool = False,
        images: Sequence[str] = (),
    ) -> list[LeasedRun]:
        return list((await self.ask(agent_id, maximum, repeat=repeat, images=images)).runs)

    async def ask(
        self,
        agent_id: str = "agent",
        maximum: int = 1,
        *,
        repeat: bool = False,
        images: Sequence[str] = (),
    ) -> Lease:
        """Ask for work; return the whole answer."""
        if not repeat:
            self.poll_seqs[agent_id] = self.poll_seqs.get(agent_id, 0) + 1
        return await self.leases.lease(
            agent_id,
            f"session-{agent_id}",
            poll_seq=self.poll_seqs[agent_id],
            free=Vector(cpu_milli=10**9, memory=2**50, gpus=100, disk=2**50),
            maximum=maximum,
            images=[image_mark(name) for name in images],
        )

    async def start(self, agent_id: str = "agent") -> LeasedRun:
        (granted,) = await self.lease(agent_id)
        await self.accept(agent_id, granted.run_id, granted.attempt, granted.fence)
        return granted

    async def accept(
        self,
        agent_id: str,
        run_id: str,
        attempt: int,
        fence: str,
        *,
        limits: AttemptLimits | None = None,
    ) -> None:
        only(await self.leases.accept(agent_id, [Acceptance(run_id, attempt, fence, limits)]))

    async def complete(self, ending: AttemptEnding) -> Completion:
        return only(await self.leases.complete([ending]))

    async def end(
        self,
        granted: LeasedRun,
        *,
        attempt_state: str = "succeeded",
        run_state: str = "succeeded",
        reason: str = "",
        ready_at_ms: int | None = None,
    ) -> str:
        run = await self.runs.find_run(granted.run_id)
        completion = await self.complete(
            AttemptEnding(
                granted.run_id,
                granted.attempt,
                granted.fence,
                run.fields["rv"] if run else "-1",
                attempt_state,
                run_state,
                ready_at_ms=ready_at_ms,
                attempt_fields={"reason": reason},
                run_fields={"reason": reason},
            )
        )
        assert not completion.is_outdated
        return completion.run_state

    async def run_to_end(self, run_state: str = "succeeded", *, reason: str = "") -> str:
        granted = await self.start()
        await self.end(granted, attempt_state=run_state, run_state=run_state, reason=reason)
        await self.settle()
        return granted.run_id

    async def settle(self) -> None:
        while (await self.runs.fan_out(256))[1]:
            pass

    async def state(self, run_id: str) -> str:
        return (await self.fields(run_id))["state"]

    async def fields(self, run_id: str) -> Mapping[str, str]:
        run = await self.runs.find_run(run_id)
        assert run is not None, f"{run_id} is not in the store"
        return run.fields

    async def open_batch(self, batch_id: str, total: int, groups: Sequence[NewGroup] = ()) -> None:
        spool = [NewRun("spooled", {})]
        await self.runs.spool_items(f"spool-{batch_id}", spool)
        fields = {"id": batch_id, "name": "", "total": str(total), "labels": "{}"}
        await self.runs.open_batch(NewBatch(batch_id, fields, groups), f"spool-{batch_id}")

    async def events(self, kind: str = "run") -> list[Mapping[str, str]]:
        entries: Any = await self.redis.xrange(key("events", 1))
        return [fields for _, fields in entries if fields["kind"] == kind]


@pytest.fixture
async def queue(redis_client: Redis, clock: FakeClock) -> Queue:
    scripts = Scripts(redis_client, now_ms=clock.now_ms)
    runs = RedisRunStore(redis_client, scripts)
    await runs.begin_epoch(1, "test")
    leases = RedisLeaseStore(
        redis_client, scripts, accept_seconds=ACCEPT_SECONDS, spill_after_seconds=SPILL_SECONDS
    )
    return Queue(
        runs,
        leases,
        RedisQueueStore(scripts),
        RedisFactStore(scripts),
        redis_client,
        clock,
    )
