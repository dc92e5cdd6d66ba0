"""Wire the scheduler: settings, resources, use cases, routes and loops."""

import random
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from fastapi import FastAPI
from redis.asyncio import Redis

from mlmon_scheduler.adapters.artifact_stores import OpenedArtifacts
from mlmon_scheduler.adapters.instance_certificates import PinnedCertificates
from mlmon_scheduler.adapters.redis.action_log import RedisActionLog
from mlmon_scheduler.adapters.redis.batch_changes import RedisBatchChanges
from mlmon_scheduler.adapters.redis.breaker_store import RedisBreakerStore
from mlmon_scheduler.adapters.redis.deadline_store import RedisDeadlineStore
from mlmon_scheduler.adapters.redis.event_hub import EventHub
from mlmon_scheduler.adapters.redis.fact_store import RedisFactStore
from mlmon_scheduler.adapters.redis.keys import SHARD
from mlmon_scheduler.adapters.redis.lease_store import RedisLeaseStore
from mlmon_scheduler.adapters.redis.libraries import RedisLibraries
from mlmon_scheduler.adapters.redis.log_tails import RedisLogTails
from mlmon_scheduler.adapters.redis.progress_store import RedisProgressStore
from mlmon_scheduler.adapters.redis.queue_store import RedisQueueStore
from mlmon_scheduler.adapters.redis.recount_store import RedisRecountStore
from mlmon_scheduler.adapters.redis.recovery_store import RedisAdoptionStore, RedisRecoveryStore
from mlmon_scheduler.adapters.redis.run_store import RedisRunStore
from mlmon_scheduler.adapters.redis.schedule_store import RedisScheduleStore
from mlmon_scheduler.adapters.redis.scripts import Scripts, connect
from mlmon_scheduler.adapters.redis.store_watch import StoreWatch
from mlmon_scheduler.adapters.secret_openers import UnsealingOpener
from mlmon_scheduler.api import (
    agent_protocol,
    agents,
    backfills,
    batch_bodies,
    batches,
    breakers,
    explanations,
    firings,
    progress,
    queues,
    reruns,
    runs,
    transfers,
)
from mlmon_scheduler.api.attempt_tokens import AttemptAuthenticator
from mlmon_scheduler.application.accept_attempts import AttemptAccepter
from mlmon_scheduler.application.adopt_attempts import AttemptAdopter
from mlmon_scheduler.application.attempt_rights import AttemptRights
from mlmon_scheduler.application.cancel_runs import RunCanceller
from mlmon_scheduler.application.cap_lanes import LaneCapper
from mlmon_scheduler.application.complete_attempts import AttemptCompleter
from mlmon_scheduler.application.configuration import Configuration
from mlmon_scheduler.application.decide_endings import EndingDecider
from mlmon_scheduler.application.explain_runs import RunExplainer
from mlmon_scheduler.application.find_inputs import InputFinder
from mlmon_scheduler.application.give_secrets import SecretGiver
from mlmon_scheduler.application.grant_uploads import UploadGranter
from mlmon_scheduler.application.hearing import Hearing
from mlmon_scheduler.application.hold_runs import RunHolder
from mlmon_scheduler.application.identify_instances import InstanceIdentifier
from mlmon_scheduler.application.label_agents import AgentLabeller
from mlmon_scheduler.application.manage_agents import AgentManager
from mlmon_scheduler.application.manage_breakers import BreakerManager
from mlmon_scheduler.application.open_batches import BatchOpener
from mlmon_scheduler.application.parked_polls import ParkedPolls
from mlmon_scheduler.application.plan_reservations import ReservationPlanner
from mlmon_scheduler.application.read_runs import RunReader
from mlmon_scheduler.application.record_actions import ActionRecorder
from mlmon_scheduler.application.recount_leases import LeaseRecounter
from mlmon_scheduler.application.recover_shard import ShardRecovery
from mlmon_scheduler.application.rerun_runs import Rerunner
from mlmon_scheduler.application.restore_runs import RunRestorer
from mlmon_scheduler.application.restore_schedules import ScheduleRestorer
from mlmon_scheduler.application.serve_agents import AgentServer
from mlmon_scheduler.application.submit_batches import BatchSubmitter
from mlmon_scheduler.application.submit_runs import RunSubmitter
from mlmon_scheduler.application.watch_deadlines import DeadlineWatcher
from mlmon_scheduler.background import (
    archive_logs,
    open_artifact_store,
    run_loops,
    run_slots,
    sweep_artifacts,
    watch_memory,
)
from mlmon_scheduler.domain.signatures import Signer
from mlmon_scheduler.loops.add_edges import AddEdges
from mlmon_scheduler.loops.admit_parked import AdmitParked
from mlmon_scheduler.loops.cap_lanes import CapLanes
from mlmon_scheduler.loops.configure_queue import ConfigureQueue
from mlmon_scheduler.loops.drop_libraries import DropLibraries
from mlmon_scheduler.loops.expire_agents import ExpireAgents
from mlmon_scheduler.loops.expire_grants import ExpireGrants
from mlmon_scheduler.loops.expire_starts import ExpireStarts
from mlmon_scheduler.loops.expire_timeouts import ExpireTimeouts
from mlmon_scheduler.loops.inherit_priority import InheritPriority
from mlmon_scheduler.loops.label_agents import LabelAgents
from mlmon_scheduler.loops.listen_for_agents import ListenForAgents
from mlmon_scheduler.loops.plan_reservations import PlanReservations
from mlmon_scheduler.loops.promote_delayed import PromoteDelayed
from mlmon_scheduler.loops.reconcile import DriftMetric, Reconcile
from mlmon_scheduler.loops.recover_shard import RecoverShard, RecoveryMetrics
from mlmon_scheduler.loops.refresh_estimates import RefreshEstimates
from mlmon_scheduler.loops.trim_events import TrimEvents
from mlmon_scheduler.loops.watch_deadlines import LateMetric, WatchDeadlines
from mlmon_scheduler.settings import SchedulerSettings
from mlmon_shared.clients.config_api import ConfigApiClient
from mlmon_shared.clients.report_writer import ReportWriterClient
from mlmon_shared.clients.transport import Transport
from mlmon_shared.clocks import Clock, SystemClock
from mlmon_shared.errors import ConfigurationError, MlmonError
from mlmon_shared.http.applications import build_app
from mlmon_shared.http.background import in_background
from mlmon_shared.http.request_ids import current_request_id
from mlmon_shared.http.snapshots import SnapshotAuthenticator, SnapshotFollower
from mlmon_shared.ids import new_id
from mlmon_shared.loops import Ticking
from mlmon_shared.settings import read_secret
from mlmon_shared.wire.batches import LINES_TYPE, BatchSubmission

VERSION = "0.1.0"
BODY_LIMIT = 32 * 2**20


def create_app(
    settings: SchedulerSettings,
    *,
    clock: Clock | None = None,
    make_id: Callable[[], str] = new_id,
) -> FastAPI:
    """Return the scheduler's app; its lifespan opens connections and runs the loops.

    It starts while Redis, config-api and report-writer are away, says so at /readyz, and
    answers 503 until they are there.

    Args:
        settings: Where everything is.
        clock: Of grants and token expiry; the system's when left out.
        make_id: Makes ids of runs, batches, agents and sessions.

    Raises:
        ConfigurationError: A secret is missing or too short, a password's file or a pinned
            certificate does not fit, or the artifact folder cannot be made.
    """
    token = read_secret(
        settings.service_token,
        settings.service_token_file,
        name="MLMON_SCHEDULER_SERVICE_TOKEN",
    )
    key = read_secret(
        settings.signing_key, settings.signing_key_file, name="MLMON_SCHEDULER_SIGNING_KEY"
    )
    opener = UnsealingOpener(settings.read_secrets_keys())
    queue_url, logs_url = settings.read_redis_url(), settings.read_logs_redis_url()
    try:
        signer = Signer(key)
    except ValueError as error:
        raise ConfigurationError(f"MLMON_SCHEDULER_SIGNING_KEY: {error}") from error
    artifacts = open_artifact_store(settings, signer, clock or SystemClock())
    file = settings.instance_certificates_file
    pinned = PinnedCertificates.read(file, clock or SystemClock()) if file is not None else None

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            stack.callback(artifacts.close)
            watch = StoreWatch()
            loops = await _open(
                app,
                stack,
                settings,
                queue=connect(queue_url, is_text=True, on_connect=watch.on_connect),
                recovery=connect(queue_url, is_text=True),
                watch=watch,
                logs=connect(logs_url, is_text=False),
                signer=signer,
                artifacts=artifacts,
                opener=opener,
                pinned=pinned,
                token=token,
                clock=clock or SystemClock(),
                make_id=make_id,
            )
            async with in_background(app, loops, on_stop=app.state.hub.stop):
                yield

    return build_app(
        title="MLMon scheduler",
        version=VERSION,
        lifespan=lifespan,
        # They are asked in this order; agents ask most.
        routers=[
            agent_protocol.router,
            transfers.router,
            runs.router,
            progress.router,
            explanations.router,
            batches.router,
            reruns.router,
            agents.router,
            breakers.router,
            queues.router,
            firings.router,
            backfills.router,
        ],
        body_limit=BODY_LIMIT,
        settings=settings,
        unlimited_prefixes=(transfers.ARTIFACTS_PREFIX,),
        larger_limits={(batches.PATH, LINES_TYPE): batch_bodies.LINES_BODY_LIMIT},
        body_models=[BatchSubmission],
    )


async def _open(
    app: FastAPI,
    stack: AsyncExitStack,
    settings: SchedulerSettings,
    *,
    queue: Redis,
    recovery: Redis,
    watch: StoreWatch,
    logs: Redis,
    signer: Signer,
    artifacts: OpenedArtifacts,
    opener: UnsealingOpener,
    pinned: PinnedCertificates | None,
    token: str,
    clock: Clock,
    make_id: Callable[[], str],
) -> list[Coroutine[Any, Any, None]]:
    """Open what the app needs and return the coroutines to run beside it."""
    state = app.state
    stack.push_async_callback(queue.aclose)
    stack.push_async_callback(recovery.aclose)
    stack.push_async_callback(logs.aclose)
    config_api = ConfigApiClient(
        await stack.enter_async_context(Transport(settings.config_api_url, token=token))
    )
    history = ReportWriterClient(
        await stack.enter_async_context(Transport(settings.report_writer_url, token=token, tries=2))
    )
    scripts = Scripts(queue)
    store = RedisRunStore(queue, scripts)
    order = RedisQueueStore(scripts)
    facts = RedisFactStore(scripts)
    leases = RedisLeaseStore(
        queue,
        scripts,
        accept_seconds=settings.accept_seconds,
        spill_after_seconds=settings.spill_after_seconds,
    )
    polls = ParkedPolls()
    hub = state.hub = EventHub(queue, polls, watch.note)
    limits = ConfigureQueue(order, lambda: snapshots.current, time.monotonic)
    snapshots = SnapshotFollower(config_api, on_change=(store.save_snapshot, limits.follow))
    configuration = Configuration(snapshots, config_api, store)
    reader = RunReader(store, history, hub)
    actions = state.action_recorder = ActionRecorder(
        RedisActionLog(scripts), store, make_id, current_request_id
    )
    completer = AttemptCompleter(
        store,
        leases,
        artifacts.store,
        EndingDecider(store, configuration.get_retries, configuration.list_pools, random.random),
    )
    state.signer = signer
    state.artifact_store = artifacts.store
    state.granted_transfers = artifacts.transfers
    state.upload_granter = UploadGranter(store, artifacts.store, configuration)
    state.authenticator = AttemptAuthenticator(signer, SnapshotAuthenticator(snapshots, clock))
    state.run_reader = reader
    state.run_submitter = RunSubmitter(store, configuration, reader, make_id)
    state.batch_submitter = BatchSubmitter(store, configuration, reader, make_id)
    state.rerunner = Rerunner(store, configuration, reader, actions, make_id)
    state.run_canceller = RunCanceller(store, reader, actions)
    deadlines = DeadlineWatcher(
        RedisDeadlineStore(scripts), configuration, LateMetric(app.state.metrics).count
    )
    state.run_explainer = RunExplainer(
        store, facts, reader, configuration, deadlines, spill_seconds=settings.spill_after_seconds
    )
    state.run_holder = RunHolder(store, RedisBatchChanges(scripts), reader, actions)
    state.log_tails = RedisLogTails(
        logs, limit_bytes=settings.log_tail_bytes, keep_seconds=settings.log_tail_seconds
    )
    state.attempt_accepter = AttemptAccepter(
        runs=store,
        leases=leases,
        artifacts=artifacts.store,
        configuration=configuration,
        inputs=InputFinder(
            runs=store,
            artifacts=artifacts.store,
            reader=reader,
            objects=artifacts.objects,
            buckets=settings.input_buckets,
            clock=clock,
        ),
        completer=completer,
        secrets=SecretGiver(configuration, opener),
        token_of=signer.attempt_token,
    )
    state.attempt_rights = AttemptRights(store, reader, configuration, RedisProgressStore(scripts))
    metrics = RecoveryMetrics(app.state.metrics)
    adopter = state.attempt_adopter = AttemptAdopter(
        leases=leases,
        runs=store,
        store=RedisAdoptionStore(queue, scripts),
        configuration=configuration,
        completer=completer,
        on_adopted=metrics.adopted.inc,
    )
    state.instance_identifier = InstanceIdentifier(configuration, pinned)
    state.agent_server = AgentServer(
        leases=leases,
        runs=store,
        configuration=configuration,
        completer=completer,
        adopter=adopter,
        signer=signer,
        news=hub,
        polls=polls,
        new_id=make_id,
        poll_timeout_seconds=settings.poll_timeout_seconds,
        accept_seconds=settings.accept_seconds,
    )
    state.breaker_manager = BreakerManager(RedisBreakerStore(queue, scripts), actions)
    state.agent_manager = AgentManager(leases, store, actions)
    state.readiness_checks = {"redis": store.check, "config-api": snapshots.check}
    await _restore_snapshot(store, snapshots)
    recoverer = make_id()
    recovering = Scripts(recovery, recoverer=recoverer)
    recovery_store = RedisRecoveryStore(recovery, recovering, recoverer)
    shard = ShardRecovery(
        store=recovery_store,
        history=history,
        restorer=RunRestorer(recovery_store, history, configuration, SHARD),
        schedules=ScheduleRestorer(RedisScheduleStore(recovering), history, configuration),
        configuration=configuration,
        memory=watch,
        clock=clock,
        shard=SHARD,
        new_id=make_id,
        on_restored=metrics.restored.inc,
    )
    hearing = Hearing(leases, clock)
    others: list[Ticking] = [
        snapshots,
        RecoverShard(shard, metrics.note_phase),
        limits,
        InheritPriority(order),
        AdmitParked(order),
        LabelAgents(AgentLabeller(leases, lambda: snapshots.current.pools)),
        CapLanes(LaneCapper(facts, order, lambda: snapshots.current.pools)),
        PlanReservations(
            ReservationPlanner(store, facts, order, after_seconds=settings.reserve_after_seconds)
        ),
        RefreshEstimates(configuration),
        AddEdges(store),
        PromoteDelayed(store),
        ListenForAgents(hearing),
        ExpireGrants(leases, hearing),
        ExpireStarts(store),
        WatchDeadlines(deadlines),
        ExpireTimeouts(leases, completer),
        ExpireAgents(leases, completer, hearing),
        Reconcile(
            LeaseRecounter(RedisRecountStore(scripts), DriftMetric(app.state.metrics).count),
            period_seconds=settings.reconcile_seconds,
        ),
        DropLibraries(RedisLibraries(scripts)),
        watch_memory(app, scripts),
        *run_slots(app, scripts, store, configuration, BatchOpener(store, reader, make_id)),
        sweep_artifacts(settings, artifacts.store, reader, clock),
        archive_logs(app, settings, artifacts.store, clock),
        TrimEvents(store, keep_seconds=settings.event_keep_seconds),
    ]
    return run_loops(app, store, hub, others)


async def _restore_snapshot(store: RedisRunStore, snapshots: SnapshotFollower) -> None:
    """Begin with the copy in Redis, so that config-api need not be there."""
    try:
        kept = await store.find_snapshot()
    except MlmonError:
        return
    if kept is not None:
        snapshots.restore(kept)
