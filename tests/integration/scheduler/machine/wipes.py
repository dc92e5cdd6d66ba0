"""The store loses everything, and is rebuilt from history and from agents."""

from hypothesis import strategies as st
from hypothesis.stateful import rule

from mlmon_scheduler.adapters.redis.recovery_store import RedisAdoptionStore, RedisRecoveryStore
from mlmon_scheduler.adapters.redis.schedule_store import RedisScheduleStore
from mlmon_scheduler.adapters.redis.scripts import Scripts
from mlmon_scheduler.adapters.redis.store_watch import StoreWatch
from mlmon_scheduler.application.configuration import Configuration
from mlmon_scheduler.application.recover_shard import ShardRecovery
from mlmon_scheduler.application.restore_runs import RunRestorer
from mlmon_scheduler.application.restore_schedules import ScheduleRestorer
from mlmon_scheduler.domain.patience import young_lost_after
from mlmon_shared.wire.agent_protocol import Held
from mlmon_shared.wire.catalog import CurrentDefinition, JobDefinitionDocument, Pool, Snapshot
from mlmon_shared.wire.job_definitions import JobDefinition, Resources
from mlmon_shared.wire.states import AttemptState
from tests.integration.scheduler.conftest import ACCEPT_SECONDS
from tests.integration.scheduler.machine.attempts import Attempts
from tests.integration.scheduler.machine.invariants import Contents
from tests.integration.scheduler.machine.model import FINAL, Run

POOL = Pool(name="cpu", resources=Resources(cpu=3, memory=3 * 2**30))
JOB = JobDefinition(name="job", image="any:1", command=["x"])
_STEPS = 10
_WAITING = ("blocked", "delayed", "queued", "parked", "held", "skipped")


class Snapshots:
    """config-api's snapshot, as the follower would have it."""

    def __init__(self) -> None:
        self.current = Snapshot(
            config_revision=1,
            job_definitions=[CurrentDefinition(name="job", version=1, definition=JOB)],
            clients=[],
            pools=[POOL],
            tokens=[],
        )

    async def catch_up(self) -> None:
        """There is nothing newer."""

    async def get_job_definition(
        self, name: str, version: int | None = None
    ) -> JobDefinitionDocument:
        raise AssertionError(f"{name} {version} is in the snapshot")


class Wipes(Attempts):
    """Epochs that go on from history."""

    is_recovering = False

    @rule(is_known=st.booleans())
    def wipe(self, is_known: bool) -> None:
        """Lose the store, perhaps with grants and accepts that history has not seen."""
        self.do(self.history.drain())
        before = {run.id: run.state for run in self.model.runs.values()}
        if not is_known:
            self.lease("large", 2)
            for run in self.model.in_state("leased"):
                self._accept(run)
        unseen = [
            run for run in self.model.in_state("running") if before[run.id] in {"queued", "leased"}
        ]
        self.is_recovering = True
        self.do(self.redis.flushdb())
        self._recover()
        self._take_over_what_came_back(unseen)
        self._synchronise(unseen)
        self._open_again()
        self.is_recovering = False

    def _recover(self) -> None:
        scripts = Scripts(self.redis, now_ms=self.clock.now_ms, recoverer="recoverer")
        store = RedisRecoveryStore(self.redis, scripts, "recoverer")
        snapshots = Snapshots()
        configuration = Configuration(snapshots, snapshots, self.queue.runs)
        self.recovery = ShardRecovery(
            store=store,
            history=self.history,
            restorer=RunRestorer(store, self.history, configuration, "s0"),
            schedules=ScheduleRestorer(RedisScheduleStore(scripts), self.history, configuration),
            configuration=configuration,
            memory=StoreWatch(),
            clock=self.clock,
            shard="s0",
            new_id=lambda: "instance",
            on_restored=lambda _number: None,
        )
        for _ in range(_STEPS):
            has_more = self.do(self.recovery.step())
            self.do(self.history.drain())
            state = self.do(store.find_state())
            if state is not None and not state.is_closed and not has_more:
                return
        raise AssertionError("the recovery does not come to rest")

    def _take_over_what_came_back(self, unseen: list[Run]) -> None:
        self.ended.clear()
        for run in self.model.runs.values():
            run.is_forgotten = run.state in FINAL
        for agent in self.model.agents.values():
            agent.is_drained, agent.last_grants = False, []
        self._configure()
        accept_by = self.clock.now_ms() + round(young_lost_after([POOL]) * 1000)
        found = self.do(Contents.read(self.redis)).runs()
        assert set(found) == {run.id for run in self.model.runs.values() if not run.is_forgotten}
        for run in [*unseen, *self.model.in_state("queued", "parked")]:
            state = found[run.id]["state"]
            assert state in {"queued", "parked", "delayed"} or (state == "leased" and run in unseen)
            # It was due, until the clock was set back.
            assert state != "delayed" or run.ready_at > self.clock.now_ms()
            run.state = state
        self._follow(*[(old, new) for old in _WAITING for new in _WAITING if old != new])
        for run in self.model.in_state("leased"):
            run.granted_at = accept_by - round(ACCEPT_SECONDS * 1000)

    def _synchronise(self, unseen: list[Run]) -> None:
        """Let agents register and say what they hold, accepted or not."""
        adoptions = RedisAdoptionStore(self.redis, self.scripts)
        claimed = {run.id for run in unseen}
        for agent_id in self.model.agents:
            held = [
                run
                for run in self.model.runs.values()
                if run.agent == agent_id
                and (run.id in claimed or run.state in {"leased", "running", "cancelling"})
            ]
            self._register(agent_id)
            for run in held:
                if run.id in claimed:
                    position = self.do(
                        adoptions.adopt(
                            agent_id,
                            run.id,
                            run.attempt,
                            run.fence,
                            shape=run.vector,
                            fields={
                                "state": "running",
                                "host": agent_id,
                                "pool": "cpu",
                                "granted_at": str(run.granted_at),
                            },
                            limits={},
                        )
                    )
                    assert position
                    run.state = "running"
            outcome = self.do(
                self.queue.leases.beat(
                    agent_id,
                    f"session-{agent_id}",
                    [_held(run) for run in held],
                    deadline_seconds=10**7,
                    is_draining=False,
                    is_full=True,
                )
            )
            assert not outcome.not_held
            assert not [order for order in outcome.directives if order.kind == "kill"]
        self._follow()

    def _open_again(self) -> None:
        for agent_id in self.model.agents:
            assert not self.do(self.queue.lease(agent_id, 4)), "granted before all had spoken"
        self.clock.advance(young_lost_after([POOL]) + 1)
        self.do(self.recovery.step())
        for agent in self.model.agents.values():
            agent.last_grants = []
        self.do(self.queue.order.inherit(100))
        self._follow()


def _held(run: Run) -> Held:
    phase = AttemptState.GRANTED if run.state == "leased" else AttemptState.RUNNING
    return Held(run_id=run.id, attempt=run.attempt, fence=run.fence, phase=phase)
