"""A scheduler's use cases on one shard, without HTTP."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mlmon_scheduler.adapters.folder_artifacts import FolderArtifactStore
from mlmon_scheduler.adapters.redis.backfill_store import RedisBackfillStore
from mlmon_scheduler.adapters.redis.event_hub import EventHub
from mlmon_scheduler.adapters.redis.lease_store import RedisLeaseStore
from mlmon_scheduler.adapters.redis.recovery_store import RedisAdoptionStore, RedisRecoveryStore
from mlmon_scheduler.adapters.redis.run_store import RedisRunStore
from mlmon_scheduler.adapters.redis.schedule_store import RedisScheduleStore
from mlmon_scheduler.adapters.redis.scripts import Scripts, connect
from mlmon_scheduler.adapters.redis.store_watch import StoreWatch
from mlmon_scheduler.application.adopt_attempts import AttemptAdopter
from mlmon_scheduler.application.complete_attempts import AttemptCompleter
from mlmon_scheduler.application.configuration import Configuration
from mlmon_scheduler.application.decide_endings import EndingDecider
from mlmon_scheduler.application.find_slot_batches import SlotBatchFinder
from mlmon_scheduler.application.fire_schedules import ScheduleFirer
from mlmon_scheduler.application.manage_agents import AgentManager
from mlmon_scheduler.application.open_batches import BatchOpener
from mlmon_scheduler.application.open_slots import SlotOpener
from mlmon_scheduler.application.parked_polls import ParkedPolls
from mlmon_scheduler.application.read_runs import RunReader
from mlmon_scheduler.application.recover_shard import ShardRecovery
from mlmon_scheduler.application.restore_runs import RunRestorer
from mlmon_scheduler.application.restore_schedules import ScheduleRestorer
from mlmon_scheduler.application.serve_agents import AgentServer
from mlmon_scheduler.application.stored import Acceptance, LeasedRun
from mlmon_scheduler.application.submit_batches import BatchSubmitter
from mlmon_scheduler.application.submit_runs import RunSubmitter
from mlmon_scheduler.domain.signatures import AgentSession, Signer
from mlmon_scheduler.loops.load_batches import LoadBatches
from mlmon_shared.ids import new_id
from mlmon_shared.principals import Principal
from mlmon_shared.testing.clocks import FakeClock
from mlmon_shared.wire.agent_protocol import (
    Held,
    Result,
    Sync,
    SyncAnswer,
    Vector,
)
from mlmon_shared.wire.batches import BatchSubmission
from mlmon_shared.wire.catalog import Client, CurrentDefinition, Pool, Snapshot
from mlmon_shared.wire.job_definitions import JobDefinition, Resources, Retries
from mlmon_shared.wire.registrations import Registration
from mlmon_shared.wire.runs import RunDocument, RunSubmission
from mlmon_shared.wire.states import AttemptState, Scope
from tests.integration.answers import only
from tests.integration.recovery.history import History
from tests.integration.scheduler.recording import recorder

GIB = 2**30
POOL = Pool(
    name="cpu",
    resources=Resources(cpu=8, memory=16 * GIB, disk=100 * GIB),
    stop_after=600,
    kill_grace=10,
)
YOUNG_SECONDS = 72.0
"""60 s, the pool's grace, and the margin."""
JOBS: list[dict[str, Any]] = [
    {"name": "make"},
    {"name": "brief", "timeouts": {"run": 60}},
    {"name": "pass", "depends_on": [{"job": "make", "scope": "same-client"}]},
    {"name": "hourly", "schedule": {"cron": "0 * * * *", "overlap": "allow"}},
    {"name": "gather", "depends_on": [{"job": "pass", "scope": "batch", "percent": 50}]},
]
CLIENTS = ["acme", "bolt", "coda"]


def definition(content: Mapping[str, Any]) -> JobDefinition:
    common = {"image": "any:1", "command": ["x"], "resources": {"cpu": 1, "memory": "1Gi"}}
    return JobDefinition.model_validate({**common, **content})


class Snapshots:
    """config-api's snapshot, as the follower would have it."""

    def __init__(self) -> None:
        self.current = Snapshot(
            config_revision=1,
            job_definitions=[
                CurrentDefinition(name=job["name"], version=1, definition=definition(job))
                for job in JOBS
            ],
            clients=[Client(name=name) for name in CLIENTS],
            pools=[POOL],
            tokens=[],
        )

    async def catch_up(self) -> None:
        """There is nothing newer."""

    async def get_job_definition(self, name: str, version: int | None = None) -> Any:
        raise AssertionError(f"{name} {version} is in the snapshot")


@dataclass
class Agent:
    """An agent's session and what it remembers."""

    session: AgentSession
    seq: int = 0


class Shard:
    """A scheduler's use cases on one shard, and short ways to drive them."""

    def __init__(self, url: str, history: History, clock: FakeClock, folder: Path) -> None:
        self.history, self.clock = history, clock
        self.watch = StoreWatch()
        self.redis = connect(url, is_text=True, on_connect=self.watch.on_connect)
        self.free = connect(url, is_text=True)
        scripts = Scripts(self.redis, now_ms=clock.now_ms)
        self.runs = RedisRunStore(self.redis, scripts)
        self.leases = RedisLeaseStore(
            self.redis, scripts, accept_seconds=30.0, spill_after_seconds=60.0
        )
        polls = ParkedPolls()
        hub = EventHub(self.redis, polls)
        self.snapshots = Snapshots()
        self.configuration = Configuration(self.snapshots, self.snapshots, self.runs)
        self.reader = RunReader(self.runs, history, hub)
        self.submitter = RunSubmitter(self.runs, self.configuration, self.reader, new_id)
        self.batches = BatchSubmitter(self.runs, self.configuration, self.reader, new_id)
        signer = Signer("a signing key of at least 32 characters")
        artifacts = FolderArtifactStore(folder, signer, clock, limit=GIB)

        async def retries_of(_job: str, _version: int) -> Retries:
            return Retries(user=3)

        decider = EndingDecider(self.runs, retries_of, lambda _names: [], lambda: 1.0)
        self.completer = AttemptCompleter(self.runs, self.leases, artifacts, decider)
        self.adopted: list[int] = []
        self.adopter = AttemptAdopter(
            leases=self.leases,
            runs=self.runs,
            store=RedisAdoptionStore(self.redis, scripts),
            configuration=self.configuration,
            completer=self.completer,
            on_adopted=lambda: self.adopted.append(1),
        )
        self.agents = AgentServer(
            leases=self.leases,
            runs=self.runs,
            configuration=self.configuration,
            completer=self.completer,
            adopter=self.adopter,
            signer=signer,
            news=hub,
            polls=polls,
            new_id=new_id,
            poll_timeout_seconds=0.0,
            accept_seconds=30.0,
        )
        self.manager = AgentManager(self.leases, self.runs, recorder(scripts, self.runs))
        self.recovery = self.recoverer("replica-1")
        self.principal = Principal(token_id="t", name="tester", scopes=frozenset({Scope.SUBMITTER}))

    def recoverer(self, name: str) -> ShardRecovery:
        scripts = Scripts(self.free, now_ms=self.clock.now_ms, recoverer=name)
        store = RedisRecoveryStore(self.free, scripts, name)
        return ShardRecovery(
            store=store,
            history=self.history,
            restorer=RunRestorer(store, self.history, self.configuration, "s0"),
            schedules=ScheduleRestorer(
                RedisScheduleStore(scripts), self.history, self.configuration
            ),
            configuration=self.configuration,
            memory=self.watch,
            clock=self.clock,
            shard="s0",
            new_id=new_id,
            on_restored=lambda _number: None,
        )

    async def aclose(self) -> None:
        await self.redis.aclose()
        await self.free.aclose()

    async def recover(self) -> None:
        """Take steps until nothing more can be done without time or agents."""
        for _ in range(10):
            has_more = await self.recovery.step()
            state = await self.recovery._store.find_state()
            if state is not None and state.is_closed:
                await self.history.drain()
            elif not has_more:
                return
        raise AssertionError("the recovery does not come to rest")

    async def submit(self, job: str = "make", client: str = "acme", **fields: Any) -> str:
        submission = RunSubmission(job=job, client=client, **fields)
        return (await self.submitter.submit_run(submission, self.principal)).id

    async def submit_batch(self, items: Sequence[tuple[str, str]]) -> str:
        """Submit a batch of (job, client) and load it; keys are `job-client`."""
        rows = [{"key": f"{job}-{client}", "job": job, "client": client} for job, client in items]
        submission = BatchSubmission.model_validate({"items": rows, "name": "all"})
        batch = await self.batches.submit_batch(submission, self.principal, digest="")
        loader = LoadBatches(self.runs)
        while await loader.tick():
            pass
        return batch.id

    async def fire(self) -> list[tuple[str, int]]:
        """Fire the slots that are due; return the hours of all firings, with their runs."""
        store = RedisScheduleStore(Scripts(self.redis, now_ms=self.clock.now_ms))
        backfills = RedisBackfillStore(Scripts(self.redis, now_ms=self.clock.now_ms))
        slots = SlotOpener(
            self.configuration,
            SlotBatchFinder(self.configuration, backfills),
            BatchOpener(self.runs, self.reader, new_id),
            lambda: None,
        )
        firer = ScheduleFirer(store, self.runs, self.configuration, slots)
        loader = LoadBatches(self.runs)
        while await firer.fire_due() or await loader.tick():
            pass
        firings = await store.list_firings(["hourly"])
        return sorted((f"{each.slot:%H:%M}", each.runs) for each in firings)

    async def document(self, run_id: str) -> RunDocument:
        return await self.reader.get_run(run_id)

    async def fields(self, run_id: str) -> Mapping[str, str]:
        run = await self.runs.find_run(run_id)
        assert run is not None
        return run.fields

    async def runs_of(self, batch_id: str) -> dict[str, RunDocument]:
        ids = await self.runs.list_batch_runs(batch_id, start=0, limit=1000)
        documents = [await self.reader.get_run(run_id) for run_id in ids]
        return {run.key or "": run for run in documents}

    async def agent(self, agent_id: str = "agent", *, boot_id: str = "boot") -> Agent:
        registration = Registration(
            agent_id=agent_id,
            host=f"host-of-{agent_id}",
            boot_id=boot_id,
            capacity=Vector(cpu_milli=4000, memory=8 * GIB, disk=8 * GIB),
            runtime="process",
            agent_version="1",
        )
        principal = Principal(
            token_id="a", name="agents", scopes=frozenset({Scope.AGENT}), pool="cpu"
        )
        registered = await self.agents.register_agent(registration, principal)
        return Agent(AgentSession(registered.agent_id, registered.session, "cpu"))

    async def lease(self, agent: Agent, maximum: int = 1) -> list[LeasedRun]:
        agent.seq += 1
        lease = await self.leases.lease(
            agent.session.agent_id,
            agent.session.session,
            poll_seq=agent.seq,
            free=Vector(cpu_milli=10**6, memory=2**44, gpus=8, disk=2**44),
            maximum=maximum,
        )
        return list(lease.runs)

    async def start(self, agent: Agent) -> LeasedRun:
        (granted,) = await self.lease(agent)
        await self.accept(agent, granted)
        return granted

    async def accept(self, agent: Agent, granted: LeasedRun) -> None:
        acceptance = Acceptance(granted.run_id, granted.attempt, granted.fence)
        only(await self.leases.accept(agent.session.agent_id, [acceptance]))

    async def finish(self, agent: Agent, granted: LeasedRun, **facts: Any) -> str:
        answer = await self.adopter.complete_attempts([result_of(granted, **facts)], agent.session)
        await self.settle()
        return answer.answers[0].status

    async def sync(
        self, agent: Agent, *granted: LeasedRun, results: Sequence[Result] = ()
    ) -> SyncAnswer:
        held = [held_of(each) for each in granted]
        sync = Sync(session=agent.session.session, held=held, results=list(results))
        answer = await self.agents.sync(agent.session, sync)
        if answer.epoch:
            await self.settle()
        return answer

    async def settle(self) -> None:
        while (await self.runs.fan_out(256))[1]:
            pass

    async def flush(self) -> None:
        await self.free.flushall()


def result_of(
    granted: LeasedRun, state: AttemptState = AttemptState.SUCCEEDED, **facts: Any
) -> Result:
    return Result(
        run_id=granted.run_id,
        attempt=granted.attempt,
        fence=granted.fence,
        event_id=f"{granted.run_id}.{granted.attempt}",
        state=state,
        **facts,
    )


def held_of(granted: LeasedRun, phase: AttemptState = AttemptState.RUNNING) -> Held:
    return Held(run_id=granted.run_id, attempt=granted.attempt, fence=granted.fence, phase=phase)
