"""The scripts against a plain model, through random steps (Hypothesis).

`MLMON_SOAK_SECONDS` runs new examples for as long as that instead of a fixed number.
"""

import os
import time
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    MultipleResults,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
    run_state_machine_as_test,
)
from redis.asyncio import Redis

from mlmon_shared.embedded.valkey import EmbeddedValkey, find_valkey
from mlmon_shared.wire.agent_protocol import Vector
from tests.integration.scheduler.machine.busy_windows import BusyWindows
from tests.integration.scheduler.machine.history import History
from tests.integration.scheduler.machine.invariants import check_invariants
from tests.integration.scheduler.machine.model import FINAL, WAITING, Agent
from tests.integration.scheduler.machine.submissions import GIB, Submissions
from tests.integration.scheduler.machine.wipes import Wipes

EXAMPLES = 12
EXAMPLES_ON_REDIS_7 = 5
STEPS = 40
run_ids = Submissions.run_ids


class QueueMachine(BusyWindows, Wipes):
    """What may happen to a queue."""

    @initialize(target=run_ids)
    def begin(self) -> MultipleResults[str]:
        self.redis = Redis.from_url(self.redis_url, decode_responses=True)
        self.do(self.redis.flushdb())
        self._connect()
        self.history = History(self.redis, self.clock)
        self.do(self.queue.runs.begin_epoch(1, "machine"))
        self._configure()
        for name, slots in (("large", 3), ("small", 1)):
            capacity = Vector(cpu_milli=slots * 1000, memory=slots * GIB)
            self.model.agents[name] = Agent(name, capacity)
            self._register(name)
        return multiple(*self._submit_first_runs())

    def teardown(self) -> None:
        try:
            # What went wrong in the midst of a recovery is not to be hidden by what that leaves.
            if self.model.agents and not self.is_recovering:
                self._finish_everything()
        finally:
            if hasattr(self, "redis"):
                self.do(self.redis.aclose())
            self.runner.close()

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

    @precondition(lambda self: self.model.in_state("leased", "running"))
    @rule(data=st.data())
    def cancel_at_an_agent(self, data: st.DataObject) -> None:
        self.cancel([data.draw(st.sampled_from(self.model.in_state("leased", "running"))).id])

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

    @rule(hours=st.sampled_from([-30, -1, 1, 30]))
    def let_the_clock_jump(self, hours: int) -> None:
        self.clock.set_to(self.clock.now() + timedelta(hours=hours))
        self._follow()

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
        for agent_id in self.model.agents:
            self.drain(agent_id, is_drained=False)
        # A gate may let one run through at a time.
        for _ in range(2 * len(self.model.runs) + 10):
            self.release([run.id for run in self.model.in_state("held")])
            # Longer than the clock was ever set back.
            self.let_time_pass(200_000)
            while self.do(self.queue.runs.fan_out(256))[1]:
                pass
            moves = [("blocked", state) for state in ("queued", "parked", "delayed", "skipped")]
            self._follow(*moves)
            for agent_id in self.model.agents:
                self.lease(agent_id, 4)
            for run in self.model.in_state("leased"):
                self._accept(run)
            for grant in self._leased_anew():
                self._report_late(grant)
            for run in self.model.in_state("running", "cancelling"):
                self._end(run, "succeeded")
                self.fan_out(1)
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
        max_examples=2 if is_soak else examples,
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
