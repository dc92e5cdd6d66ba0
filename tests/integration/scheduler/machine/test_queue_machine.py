"""The scripts against a plain model, through random steps (Hypothesis).

`MLMON_SOAK_SECONDS` runs new examples for as long as that instead of a fixed number.
"""

import os
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    MultipleResults,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
    run_state_machine_as_test,
)
from redis.asyncio import Redis

from mlmon_scheduler.application.stored import AttemptEnding
from mlmon_shared.embedded.valkey import EmbeddedValkey, find_valkey
from mlmon_shared.errors import StaleFenceError
from mlmon_shared.wire.agent_protocol import Vector
from tests.integration.scheduler.conftest import ACCEPT_SECONDS
from tests.integration.scheduler.machine.driver import CAPACITIES, GATES, LIMITS, Driver, held_entry
from tests.integration.scheduler.machine.invariants import check_invariants
from tests.integration.scheduler.machine.model import FINAL, LEASED, WAITING, Agent

GIB = 2**30
CLIENTS = ["acme", "bolt", "coda"]
SHAPES = [Vector(cpu_milli=1000, memory=GIB), Vector(cpu_milli=2000, memory=GIB)]
CONDITIONS = ["succeeded", "failed", "finished"]
LANES = ["critical", "normal", "low"]
EXAMPLES = 20
EXAMPLES_ON_REDIS_7 = 8
STEPS = 40


class QueueMachine(Driver):
    """What may happen to a queue."""

    run_ids = Bundle("run_ids")

    @initialize()
    def begin(self) -> None:
        self.redis = Redis.from_url(self.redis_url, decode_responses=True)
        self.do(self.redis.flushdb())
        self._connect()
        self.do(self.queue.runs.begin_epoch(1, "machine"))
        self.do(self.queue.order.configure_resources([("db", CAPACITIES["resource:db"])]))
        limits = [(client, 1.0, LIMITS.get(client, 0)) for client in CLIENTS]
        self.do(self.queue.order.configure_clients(limits))
        for name, slots in (("large", 3), ("small", 1)):
            self.do(self.queue.add_agent(name, slots=slots, patience=10**7))
            capacity = Vector(cpu_milli=slots * 1000, memory=slots * GIB)
            self.model.agents[name] = Agent(name, capacity)

    def teardown(self) -> None:
        try:
            if self.model.agents:
                self._finish_everything()
        finally:
            if hasattr(self, "redis"):
                self.do(self.redis.aclose())
            self.runner.close()

    @rule(
        target=run_ids,
        client=st.sampled_from(CLIENTS),
        lane=st.sampled_from(LANES),
        priority=st.integers(0, 100),
        shape=st.sampled_from(SHAPES),
        gates=st.sampled_from(["", "", *GATES]),
        parents=st.lists(st.tuples(run_ids, st.sampled_from(CONDITIONS)), max_size=3),
        delay=st.sampled_from([0, 0, 0, 20]),
    )
    def submit(
        self,
        *,
        client: str,
        lane: str,
        priority: int,
        shape: Vector,
        gates: str,
        parents: list[tuple[str, str]],
        delay: int,
    ) -> str:
        return self._submit(
            client=client,
            lane=lane,
            priority=priority,
            shape=shape,
            gates=gates,
            parents=parents,
            delay=delay,
        )

    @rule(
        target=run_ids,
        clients=st.lists(st.sampled_from(CLIENTS), min_size=2, max_size=5),
        gates=st.sampled_from(["", *GATES]),
        shape=st.sampled_from(SHAPES),
    )
    def submit_several(self, clients: list[str], gates: str, shape: Vector) -> MultipleResults[str]:
        names = [
            self._submit(
                client=client,
                lane="normal",
                priority=50,
                shape=shape,
                gates=gates,
                parents=[],
                delay=0,
            )
            for client in clients
        ]
        return multiple(*names)

    @rule(name=run_ids)
    def submit_again(self, name: str) -> None:
        self._add(self.model.runs[name], "")
        self._follow()

    @precondition(lambda self: self.model.in_state("queued"))
    @rule(agent_id=st.sampled_from(["large", "small"]), maximum=st.integers(1, 4))
    def lease(self, agent_id: str, maximum: int) -> None:
        agent = self.model.agents[agent_id]
        granted = self.do(self.queue.lease(agent_id, maximum))
        agent.last_grants = [(run.run_id, run.attempt, run.fence) for run in granted]
        for grant in granted:
            self._check_grant(agent, grant)
        self._follow(("queued", "parked"))
        if len(granted) < maximum:
            for run in self.model.in_state("queued"):
                assert self.model.is_stopped(run) or not self.model.fits(run, agent), (
                    f"{run.id} was left although {agent_id} has room"
                )

    @rule(agent_id=st.sampled_from(["large", "small"]))
    def lose_the_answer_of_a_lease(self, agent_id: str) -> None:
        agent = self.model.agents[agent_id]
        if not agent.last_grants:
            # A poll that got nothing is asked anew, and may get something.
            return
        again = self.do(self.queue.lease(agent_id, 4, repeat=True))
        known = {(run.id, run.attempt, run.fence) for run in self.model.held_by(agent_id)}
        for run in again:
            assert (run.run_id, run.attempt, run.fence) in known
            assert (run.run_id, run.attempt, run.fence) in agent.last_grants
        self._follow()

    @precondition(lambda self: self.model.in_state("leased", "running"))
    @rule(data=st.data())
    def accept(self, data: st.DataObject) -> None:
        run = data.draw(st.sampled_from(self.model.in_state("leased", "running")))
        self.do(self.queue.accept(run.agent, run.id, run.attempt, run.fence))
        self._follow(("leased", "running"))
        assert run.state == "running"

    @precondition(lambda self: self.model.in_state(*LEASED))
    @rule(data=st.data(), state=st.sampled_from(["succeeded", "failed", "retry"]))
    def complete(self, data: st.DataObject, state: str) -> None:
        run = data.draw(st.sampled_from(self.model.in_state(*LEASED)))
        self._end(run, state)

    @precondition(lambda self: self.ended)
    @rule(data=st.data())
    def complete_again(self, data: st.DataObject) -> None:
        ending, _ = data.draw(st.sampled_from(self.ended))
        run = self.model.runs[ending.run_id]
        answer = self.do(self.queue.complete(ending))
        assert answer.run_state == run.state
        self._follow()

    @precondition(lambda self: self._leased_anew())
    @rule(data=st.data())
    def forge_a_result(self, data: st.DataObject) -> None:
        grant = data.draw(st.sampled_from(self._leased_anew()))
        run = self.model.runs[grant.run_id]
        fields = self.do(self.queue.fields(run.id))
        for number in {run.attempt, grant.attempt}:
            forged = AttemptEnding(
                run.id, number, grant.fence, fields["rv"], "succeeded", "succeeded"
            )
            try:
                answer = self.do(self.queue.complete(forged))
            except StaleFenceError:
                continue
            # Of an attempt that ended by itself the stored answer is repeated.
            assert answer.run_state == run.state, "a stale fence completed a run"
            assert number == grant.attempt
        self._follow()

    @precondition(lambda self: self.stale)
    @rule(data=st.data())
    def accept_with_a_stale_fence(self, data: st.DataObject) -> None:
        grant = data.draw(st.sampled_from(self._leased_anew() or self.stale))
        run = self.model.runs[grant.run_id]
        if run.fence == grant.fence and run.state in LEASED:
            return
        try:
            self.do(self.queue.accept("large", grant.run_id, grant.attempt, grant.fence))
        except StaleFenceError:
            self._follow()
        else:
            raise AssertionError("a stale fence was accepted")

    @precondition(lambda self: self.model.in_state("leased"))
    @rule(seconds=st.sampled_from([ACCEPT_SECONDS / 2, ACCEPT_SECONDS + 1]))
    def let_grants_expire(self, seconds: float) -> None:
        self.clock.advance(seconds)
        due = [
            run
            for run in self.model.in_state("leased")
            if run.granted_at + ACCEPT_SECONDS * 1000 <= self.clock.now_ms()
        ]
        self.stale += [self._grant_of(run) for run in due]
        self.do(self.queue.leases.expire_grants(100, heard_since_ms=0))
        self._follow(("leased", "queued"), ("leased", "parked"))
        assert not [run for run in due if run.state == "leased"]

    @rule(data=st.data(), agent_id=st.sampled_from(["large", "small"]), is_full=st.booleans())
    def beat(self, data: st.DataObject, agent_id: str, is_full: bool) -> None:
        held = self.model.held_by(agent_id)
        shown = [run for run in held if run.state != "leased"]
        strangers = [grant for grant in self.stale if grant.run_id not in {r.id for r in held}]
        stranger = data.draw(st.sampled_from(strangers)) if strangers else None
        values = [held_entry(run.id, run.attempt, run.fence) for run in shown]
        if stranger is not None:
            values.append(held_entry(stranger.run_id, stranger.attempt, stranger.fence))
        outcome = self.do(
            self.queue.leases.beat(
                agent_id,
                f"session-{agent_id}",
                values,
                deadline_seconds=10**7,
                is_draining=False,
                is_full=is_full,
            )
        )
        killed = {order.run_id for order in outcome.directives if order.kind == "kill"}
        assert killed == ({stranger.run_id} if stranger is not None else set())
        if is_full:
            assert set(outcome.not_held) == {run.id for run in held} - {run.id for run in shown}
        self._follow()

    @rule(agent_id=st.sampled_from(["large", "small"]))
    def lose_an_agent(self, agent_id: str) -> None:
        for run in self.model.held_by(agent_id):
            fields = self.do(self.queue.fields(run.id))
            state = "cancelled" if run.state == "cancelling" else "queued"
            ending = AttemptEnding(run.id, run.attempt, run.fence, fields["rv"], "lost", state)
            self.stale.append(self._grant_of(run))
            before = run.state
            self.do(self.queue.complete(ending))
            self._follow((before, state), (before, "parked"))

    @rule(names=st.lists(run_ids, max_size=3))
    def cancel(self, names: list[str]) -> None:
        before = {name: self.model.runs[name].state for name in names}
        self.stale += [
            self._grant_of(self.model.runs[name]) for name in before if before[name] == "leased"
        ]
        if names:
            self.do(self.queue.runs.cancel(names, "Cancelled."))
        moves = [(state, "cancelled") for state in (*WAITING, "leased")]
        self._follow(*moves, ("running", "cancelling"))
        for name, state in before.items():
            expected = "cancelling" if state == "running" else "cancelled"
            if state not in FINAL and state != "cancelling":
                assert self.model.runs[name].state == expected

    @rule(names=st.lists(run_ids, max_size=3))
    def hold(self, names: list[str]) -> None:
        if names:
            self.do(self.queue.runs.hold(names, "Held."))
        self._follow(*[(state, "held") for state in WAITING])

    @rule(names=st.lists(run_ids, max_size=3))
    def release(self, names: list[str]) -> None:
        if names:
            self.do(self.queue.runs.release(names))
        self._follow(*[("held", state) for state in ("queued", "parked", "delayed", "blocked")])

    @rule(names=st.lists(run_ids, max_size=3), priority=st.integers(0, 100))
    def reprioritise(self, names: list[str], priority: int) -> None:
        if names:
            self.do(self.queue.runs.reprioritise(names, priority))
        self._follow()

    @rule(edges=st.integers(1, 5))
    def fan_out(self, edges: int) -> None:
        self.do(self.queue.runs.fan_out(edges))
        moves = [("blocked", state) for state in ("queued", "parked", "delayed", "skipped")]
        self._follow(*moves, ("held", "skipped"))

    @rule()
    def inherit(self) -> None:
        self.do(self.queue.order.inherit(10))
        self._follow()

    @rule(seconds=st.sampled_from([0.001, 6, 25, 100_000]))
    def let_time_pass(self, seconds: float) -> None:
        self.clock.advance(seconds)
        self.do(self.queue.runs.promote_delayed(100))
        self._follow(("delayed", "queued"), ("delayed", "parked"))
        late = [r for r in self.model.in_state("delayed") if r.ready_at <= self.clock.now_ms()]
        assert not late

    @rule()
    def restart_the_scheduler(self) -> None:
        self.do(self.redis.script_flush())
        self._connect()

    @invariant()
    def everything_is_in_its_place(self) -> None:
        if self.model.agents:
            self.do(check_invariants(self.redis, self.model))

    def _finish_everything(self) -> None:
        """Whatever happened: with fair steps, everything ends."""
        for _ in range(50):
            self.release([run.id for run in self.model.in_state("held")])
            self.let_time_pass(100_000)
            while self.do(self.queue.runs.fan_out(256))[1]:
                pass
            moves = [("blocked", state) for state in ("queued", "parked", "delayed", "skipped")]
            self._follow(*moves)
            for agent_id in self.model.agents:
                self.lease(agent_id, 4)
            for run in self.model.in_state("leased"):
                self.do(self.queue.accept(run.agent, run.id, run.attempt, run.fence))
            self._follow(("leased", "running"))
            for run in self.model.in_state("running", "cancelling"):
                self._end(run, "succeeded")
            if all(run.state in FINAL for run in self.model.runs.values()):
                break
        assert {
            run.id: run.state for run in self.model.runs.values() if run.state not in FINAL
        } == {}
        self.do(check_invariants(self.redis, self.model))


def explore(redis_url: str, *, examples: int) -> None:
    machine = type("Machine", (QueueMachine,), {"redis_url": redis_url})
    seconds = float(os.environ.get("MLMON_SOAK_SECONDS", "0"))
    is_soak = seconds > 0
    options = settings(
        max_examples=500 if is_soak else examples,
        stateful_step_count=200 if is_soak else STEPS,
        deadline=None,
        derandomize=not is_soak,
        suppress_health_check=list(HealthCheck),
    )
    end = time.monotonic() + seconds
    run_state_machine_as_test(machine, settings=options)
    while time.monotonic() < end:
        run_state_machine_as_test(machine, settings=options)


def test_queue_agrees_with_its_model(redis_url: str):
    explore(redis_url, examples=EXAMPLES)


@pytest.mark.skipif(
    "MLMON_TEST_REDIS_7" not in os.environ,
    reason="set MLMON_TEST_REDIS_7 to a folder that has Redis 7's redis-server",
)
def test_scripts_do_the_same_on_redis_7(server_folder: Path):
    program = find_valkey(os.environ["MLMON_TEST_REDIS_7"])
    assert "redis" in str(program.path)
    with EmbeddedValkey(server_folder / "redis", is_persistent=False, program=program) as server:
        explore(server.url, examples=EXAMPLES_ON_REDIS_7)
