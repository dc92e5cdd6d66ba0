"""What the scheduler does beside serving: its loops, who wakes them, and the artifact store."""

import time
from collections.abc import Coroutine
from typing import Any

from fastapi import FastAPI
from prometheus_client import Gauge

from mlmon_scheduler.adapters.artifact_stores import OpenedArtifacts, open_artifacts
from mlmon_scheduler.adapters.redis.backfill_store import RedisBackfillStore
from mlmon_scheduler.adapters.redis.event_hub import EventHub
from mlmon_scheduler.adapters.redis.memory_store import RedisMemoryStore
from mlmon_scheduler.adapters.redis.queue_lengths import RedisQueueLengths
from mlmon_scheduler.adapters.redis.run_store import RedisRunStore
from mlmon_scheduler.adapters.redis.schedule_store import RedisScheduleStore
from mlmon_scheduler.adapters.redis.scripts import Scripts
from mlmon_scheduler.adapters.s3.artifacts import UploadSizes
from mlmon_scheduler.adapters.s3.clients import S3Client
from mlmon_scheduler.application.advance_backfills import BackfillAdvancer
from mlmon_scheduler.application.archive_logs import LogArchive
from mlmon_scheduler.application.attempt_ports import ArtifactStore
from mlmon_scheduler.application.backfills import BackfillManager
from mlmon_scheduler.application.configuration import Configuration
from mlmon_scheduler.application.find_slot_batches import SlotBatchFinder
from mlmon_scheduler.application.fire_schedules import FiringReader, ScheduleFirer
from mlmon_scheduler.application.follow_logs import LogReader
from mlmon_scheduler.application.open_batches import BatchOpener
from mlmon_scheduler.application.open_slots import SlotOpener
from mlmon_scheduler.application.overview_queues import QueueOverviewer
from mlmon_scheduler.application.read_runs import RunReader
from mlmon_scheduler.application.sweep_artifacts import ArtifactSweeper
from mlmon_scheduler.application.watch_memory import MemoryWatcher
from mlmon_scheduler.domain.signatures import Signer
from mlmon_scheduler.loops.advance_backfills import AdvanceBackfills
from mlmon_scheduler.loops.cancel_batches import CancelBatches
from mlmon_scheduler.loops.change_batches import ChangeBatches
from mlmon_scheduler.loops.fan_out import FanOut
from mlmon_scheduler.loops.load_batches import LoadBatches
from mlmon_scheduler.loops.start_schedules import StartSchedules
from mlmon_scheduler.loops.sweep_artifacts import SweepArtifacts
from mlmon_scheduler.loops.sweep_logs import SweepLogs
from mlmon_scheduler.loops.watch_memory import WatchMemory
from mlmon_scheduler.settings import SchedulerSettings
from mlmon_shared.clocks import Clock
from mlmon_shared.ids import new_id
from mlmon_shared.loops import LoopRunner, Ticking


def open_artifact_store(
    settings: SchedulerSettings, signer: Signer, clock: Clock
) -> OpenedArtifacts:
    """Return the artifact store that the settings name.

    Raises:
        ConfigurationError: They do not name one.
    """
    return open_artifacts(
        settings.artifacts_folder,
        settings.artifacts_url,
        signer=signer,
        clock=clock,
        sizes=UploadSizes(
            limit=settings.artifact_limit,
            part=settings.artifact_part_size,
            parts_from=settings.artifact_parts_from,
        ),
        client=S3Client(clock, region=settings.aws_region, endpoint_url=settings.aws_endpoint_url),
        has_buckets=bool(settings.input_buckets),
    )


def sweep_artifacts(
    settings: SchedulerSettings, artifacts: ArtifactStore, reader: RunReader, clock: Clock
) -> SweepArtifacts:
    """Return the loop that collects what no run has published."""
    sweeper = ArtifactSweeper(
        artifacts, reader, clock, after_seconds=settings.artifact_sweep_after_seconds
    )
    return SweepArtifacts(
        sweeper, rest_seconds=settings.artifact_sweep_seconds, monotonic=time.monotonic
    )


def watch_memory(app: FastAPI, scripts: Scripts) -> WatchMemory:
    """Return the loop that looks at the store's memory; the app's state gets who asks it."""
    share = Gauge(
        "mlmon_scheduler_store_memory_ratio",
        "Memory that Redis uses of its limit; 0 where it has none.",
        registry=app.state.metrics,
    )
    watcher = app.state.memory_watcher = MemoryWatcher(RedisMemoryStore(scripts))
    app.state.queue_overviewer = QueueOverviewer(RedisQueueLengths(scripts), watcher)
    return WatchMemory(watcher, share.set)


def archive_logs(
    app: FastAPI, settings: SchedulerSettings, store: ArtifactStore, clock: Clock
) -> SweepLogs:
    """Return the loop that removes old logs; the app's state gets who takes and reads them.

    Args:
        app: With `log_tails`, `run_reader` and `hub` in its state.
        settings: Say how long logs are kept.
        store: Of artifacts and logs.
        clock: Says what is old.
    """
    state = app.state
    archive = LogArchive(store, clock, keep_seconds=settings.log_archive_seconds)
    state.log_archive = archive
    state.log_reader = LogReader(state.log_tails, archive, state.run_reader, state.hub)
    return SweepLogs(archive)


def run_slots(
    app: FastAPI,
    scripts: Scripts,
    store: RedisRunStore,
    configuration: Configuration,
    opener: BatchOpener,
) -> list[Ticking]:
    """Return the loops that fire schedules and backfills; the app's state gets who shows them.

    Args:
        app: With `run_holder`, `run_canceller`, `action_recorder` and `memory_watcher` in its
            state.
        scripts: On the Redis of live runs.
        store: Live runs.
        configuration: The schedules.
        opener: Opens batches.
    """
    schedules, backfills = RedisScheduleStore(scripts), RedisBackfillStore(scripts)
    app.state.firing_reader = FiringReader(schedules, configuration)
    app.state.backfill_manager = BackfillManager(
        store=backfills,
        runs=store,
        configuration=configuration,
        holder=app.state.run_holder,
        canceller=app.state.run_canceller,
        actions=app.state.action_recorder,
        new_id=new_id,
    )

    def wake_loader() -> None:
        app.state.wake_loader()

    def has_room() -> bool:
        memory: MemoryWatcher = app.state.memory_watcher
        return memory.has_room

    finder = SlotBatchFinder(configuration, backfills)
    slots = SlotOpener(configuration, finder, opener, wake_loader)
    advancer = BackfillAdvancer(backfills, store, configuration, slots, opener.find_batch)
    return [
        StartSchedules(ScheduleFirer(schedules, store, configuration, slots), has_room),
        AdvanceBackfills(advancer, has_room),
    ]


def run_loops(
    app: FastAPI, store: RedisRunStore, hub: EventHub, others: list[Ticking]
) -> list[Coroutine[Any, Any, None]]:
    """Return what runs beside the app; its state gets what wakes some of them.

    Args:
        app: With `run_canceller` and `memory_watcher` in its state.
        store: Live runs.
        hub: Follows events and wakes.
        others: Loops that nothing wakes.
    """
    last_success = Gauge(
        "mlmon_scheduler_loop_last_success_timestamp_seconds",
        "When each background loop last did its work.",
        ["loop"],
        registry=app.state.metrics,
    )

    def runner(loop: Ticking) -> LoopRunner:
        return LoopRunner(
            loop, on_success=lambda name: last_success.labels(name).set_to_current_time()
        )

    memory: MemoryWatcher = app.state.memory_watcher
    load_batches = runner(LoadBatches(store, lambda: memory.has_room))
    cancel_batches = runner(CancelBatches(store, app.state.run_canceller))
    change_batches = runner(ChangeBatches(app.state.run_holder))
    fan_out = runner(FanOut(store))
    app.state.wake_canceller = cancel_batches.wake
    app.state.wake_changer = change_batches.wake
    app.state.wake_loader = load_batches.wake
    app.state.wake_fan_out = fan_out.wake
    return [
        load_batches.run(),
        cancel_batches.run(),
        change_batches.run(),
        fan_out.run(),
        hub.follow_events(),
        hub.follow_wakes(),
        *(runner(loop).run() for loop in others),
    ]
