"""Drive a queue and its model together; every change of a state is checked."""

import asyncio
from collections.abc import Awaitable
from typing import ClassVar, TypeVar

import pytest
from hypothesis.stateful import RuleBasedStateMachine
from redis.asyncio import Redis

from mlmon_scheduler.adapters.redis.fact_store import RedisFactStore
from mlmon_scheduler.adapters.redis.keys import key
from mlmon_scheduler.adapters.redis.lease_store import RedisLeaseStore
from mlmon_scheduler.adapters.redis.queue_store import RedisQueueStore
from mlmon_scheduler.adapters.redis.run_store import RedisRunStore
from mlmon_scheduler.adapters.redis.scripts import Scripts
from mlmon_scheduler.application.stored import AttemptEnding, LeasedRun
from mlmon_scheduler.domain.quotas import ClientLimits, ResourceQuota
from mlmon_scheduler.domain.runs import may_follow
from mlmon_shared.errors import NotAcceptedError, StaleFenceError
from mlmon_shared.testing.clocks import FakeClock
from mlmon_shared.wire.agent_protocol import Held, Vector
from mlmon_shared.wire.runs import Usage
from mlmon_shared.wire.states import AttemptState, RunState
from tests.integration.scheduler.conftest import ACCEPT_SECONDS, SPILL_SECONDS, Queue
from tests.integration.scheduler.machine.history import History
from tests.integration.scheduler.machine.model import FINAL, LEASED, Agent, Model, Run

T = TypeVar("T")

CLIENTS = ["acme", "bolt", "coda"]
IMAGES = ["trainer:1", "scorer:1"]
LIMITS = {"coda": 2}
QUOTAS = {"coda": 2000}
GATES = {"job:one=1/1;": {"job:one": 1}, "resource:db=2/;": {"resource:db": 2}}
CAPACITIES = {"job:one": 1, "resource:db": 3}


class Driver(RuleBasedStateMachine):
    """One shard on a real Valkey, with a clock that the machine moves."""

    redis_url: ClassVar[str] = ""
    redis: Redis
    queue: Queue
    scripts: Scripts
    history: History

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.clock = FakeClock()
        self.model = Model(CAPACITIES, LIMITS, QUOTAS)
        self.polls: dict[str, int] = {}
        self.stale: list[LeasedRun] = []
        self.ended: list[tuple[AttemptEnding, str]] = []

    def do(self, work: Awaitable[T]) -> T:
        async def wait() -> T:
            return await work

        return self.runner.run(wait())

    def _connect(self) -> None:
        scripts = self.scripts = Scripts(self.redis, now_ms=self.clock.now_ms)
        runs = RedisRunStore(self.redis, scripts)
        leases = RedisLeaseStore(
            self.redis, scripts, accept_seconds=ACCEPT_SECONDS, spill_after_seconds=SPILL_SECONDS
        )
        facts = RedisFactStore(scripts)
        order = RedisQueueStore(scripts)
        self.queue = Queue(runs, leases, order, facts, self.redis, self.clock, self.polls)

    def _configure(self) -> None:
        self.do(self.queue.order.configure_resources([("db", CAPACITIES["resource:db"])]))
        limits = [
            ClientLimits(
                client, 1.0, LIMITS.get(client, 0), ResourceQuota(cpu_milli=QUOTAS.get(client))
            )
            for client in CLIENTS
        ]
        self.do(self.queue.order.configure_clients(limits))

    def _register(self, agent_id: str) -> None:
        slots = self.model.agents[agent_id].capacity.cpu_milli // 1000
        self.do(self.queue.add_agent(agent_id, slots=slots, patience=10**7))

    def _follow(self, *expected: tuple[str, str]) -> None:
        """Take over the store's states, having checked that each change is allowed."""
        allowed = {*expected, ("parked", "queued")}
        begun: list[Run] = []
        for run, state in self.do(self._read_states()):
            if state == run.state:
                continue
            assert (run.state, state) in allowed, f"{run.id} went from {run.state} to {state}"
            before = RunState(run.state) if run.state else None
            assert may_follow(before, RunState(state)), f"{run.state} → {state} is not allowed"
            if state in {"queued", "parked"} and run.state in {"", "blocked", "delayed"}:
                begun.append(run)
            if state in FINAL:
                run.outcomes.append(state)
            run.state = state
        # What ended in the same step counts, in whatever order it is read.
        for run in begun:
            assert False not in self.model.edge_states(run)
            assert None not in self.model.edge_states(run), f"{run.id} began too early"

    async def _read_states(self) -> list[tuple[Run, str]]:
        runs = [run for run in self.model.runs.values() if not run.is_forgotten]
        async with self.redis.pipeline(transaction=False) as pipeline:
            for run in runs:
                pipeline.hget(key("run", run.id), "state")
            return list(zip(runs, await pipeline.execute(), strict=True))

    def _add(self, run: Run, gates: str) -> None:
        self.do(
            self.queue.add(
                run.id,
                job=run.job,
                client=run.client,
                priority=run.priority,
                edges=list(run.edges.items()),
                shape=run.vector,
                lane=run.lane,
                gates=gates,
                estimate=run.estimate,
                image=IMAGES[int(run.id.removeprefix("run-")) % len(IMAGES)],
                not_before=run.ready_at if run.ready_at > run.submitted_at else None,
            )
        )

    def _check_grant(self, agent: Agent, grant: LeasedRun) -> None:
        """Check one grant against everything that was queued at that moment, then take it over."""
        run = self.model.runs[grant.run_id]
        assert run.state in {"queued", "parked"}
        assert self.model.fits(run, agent)
        assert not self.model.is_stopped(run)
        assert grant.vector == run.vector
        self.model.note_fence(grant.fence)
        for other in self.model.in_state("queued"):
            if self.model.may_wait(other) or not self.model.fits(other, agent):
                continue
            may_go_first = other.lane != "critical" or self.model.may_be_critical(run)
            assert may_go_first, "critical goes first"
        run.state, run.agent, run.fence = "leased", agent.id, grant.fence
        assert grant.attempt == run.attempt + 1
        run.attempt, run.granted_at = grant.attempt, self.clock.now_ms()

    def _grant_of(self, run: Run) -> LeasedRun:
        return LeasedRun(run.id, run.attempt, run.fence, run.vector)

    def _accept(self, run: Run) -> None:
        self.do(self.queue.accept(run.agent, run.id, run.attempt, run.fence))
        self._follow(("leased", "running"))
        assert run.state in {"running", "cancelling"}

    def _end(self, run: Run, state: str) -> None:
        fields = self.do(self.queue.fields(run.id))
        is_retry = state == "retry"
        attempt_state = "failed" if state in {"retry", "held"} else state
        run_state = "delayed" if is_retry else state
        if run.state == "cancelling" and run_state != "succeeded":
            run_state, is_retry = "cancelled", False
        before = run.state
        ready_at = self.clock.now_ms() + 5000 if is_retry else None
        ending = AttemptEnding(
            run.id,
            run.attempt,
            run.fence,
            fields["rv"],
            attempt_state,
            run_state,
            ready_at,
            run_fields={"not_before": str(ready_at)} if ready_at else {},
        )
        if before == "leased" and state == "succeeded":
            with pytest.raises(NotAcceptedError):
                self.do(self.queue.complete(ending))
            self._follow()
            return
        self.stale.append(self._grant_of(run))
        answer = self.do(self.queue.complete(ending))
        assert answer.run_state == run_state
        if ready_at:
            run.ready_at = ready_at
        self.ended.append((ending, run_state))
        self._follow((before, run_state))
        self._report_under_older_fences(run, fields["rv"])

    def _report_under_older_fences(self, run: Run, rv: str) -> None:
        """Report a success of the attempt that just ended, with fences of leases before it."""
        for grant in self.stale:
            if grant.run_id == run.id and grant.fence != run.fence:
                forged = AttemptEnding(
                    run.id, run.attempt, grant.fence, rv, "succeeded", "succeeded"
                )
                with pytest.raises(StaleFenceError):
                    self.do(self.queue.complete(forged))
        self._follow()

    def _submit(
        self,
        *,
        client: str,
        lane: str,
        priority: int,
        shape: Vector,
        gates: str,
        parents: list[tuple[str, str]],
        delay: int,
        estimate: float = 600.0,
    ) -> str:
        name = f"run-{len(self.model.runs):03d}"
        # Of those the product asks history.
        parents = [(each, when) for each, when in parents if not self.model.runs[each].is_forgotten]
        run = Run(
            id=name,
            client=client,
            job="job",
            lane=lane,
            priority=priority,
            shape=f"c{shape.cpu_milli}m{shape.memory}g0d0",
            gates=dict(GATES.get(gates, {})),
            edges=dict(parents),
            submitted_at=self.clock.now_ms(),
            ready_at=self.clock.now_ms() + delay * 1000,
            estimate=estimate,
        )
        self.model.runs[name] = run
        self._add(run, gates)
        states = list(self.model.edge_states(run))
        if False in states:
            expected = "skipped"
        elif None in states:
            expected = "blocked"
        elif delay:
            expected = "delayed"
        elif any(self.model.room_at(gate) < amount for gate, amount in run.gates.items()):
            expected = "parked"
        else:
            expected = "queued"
        self._follow(("", expected))
        assert run.state == expected
        return name

    def _leased_anew(self) -> list[LeasedRun]:
        """Return grants that ended of runs that are leased again."""
        return [
            grant
            for grant in self.stale
            if (run := self.model.runs[grant.run_id]).state in LEASED and run.fence != grant.fence
        ]


def held_entry(run_id: str, attempt: int, fence: str) -> Held:
    return Held(
        run_id=run_id, attempt=attempt, fence=fence, phase=AttemptState.RUNNING, usage=Usage()
    )
