"""Wiring of report-writer: settings to resources to the app."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from importlib.metadata import version

from fastapi import FastAPI

from mlmon_report_writer.adapters.postgres import connections
from mlmon_report_writer.adapters.postgres.event_store import PostgresEventStore
from mlmon_report_writer.adapters.postgres.history_store import PostgresHistoryStore
from mlmon_report_writer.adapters.postgres.ownership import PostgresShardOwnership
from mlmon_report_writer.adapters.postgres.recovery_store import PostgresRecoveryStore
from mlmon_report_writer.adapters.redis.event_streams import RedisEventStreams
from mlmon_report_writer.api import attempts, batches, epochs, runs, shards
from mlmon_report_writer.application.drain_events import EventDrain
from mlmon_report_writer.loops.drain_events import DrainEvents
from mlmon_report_writer.loops.metrics import DrainMetrics
from mlmon_report_writer.loops.migrate_schema import MigrateSchema
from mlmon_report_writer.migrating import migrate
from mlmon_report_writer.settings import ReportWriterSettings
from mlmon_shared.clients.config_api import ConfigApiClient
from mlmon_shared.clients.transport import Transport
from mlmon_shared.clocks import Clock, SystemClock
from mlmon_shared.http.applications import build_app
from mlmon_shared.http.background import in_background
from mlmon_shared.http.snapshots import SnapshotAuthenticator, SnapshotFollower
from mlmon_shared.loops import LoopRunner, Ticking


def create_app(settings: ReportWriterSettings, *, clock: Clock | None = None) -> FastAPI:
    """Return the app; nothing is connected before its lifespan starts.

    Starting never fails for a dependency that is down: `/readyz` names it, requests that
    need it are answered 503, and the loops go on when it is back.

    Args:
        settings: Where everything is.
        clock: The system's when left out.

    Raises:
        ConfigurationError: A setting is missing or malformed.
    """
    token = settings.read_service_token()
    database_url, redis_url = settings.read_database_url(), settings.read_redis_url()
    engine = connections.create_engine(database_url)
    times = clock or SystemClock()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            stack.push_async_callback(engine.dispose)
            loops = await _open(
                app,
                settings,
                stack,
                database_url=database_url,
                redis_url=redis_url,
                token=token,
                metrics=metrics,
            )
            async with in_background(app, [runner.run() for runner in loops]):
                yield

    app = build_app(
        title="MLMon report-writer",
        version=version("mlmon-report-writer"),
        lifespan=lifespan,
        routers=[runs.router, attempts.router, batches.router, epochs.router, shards.router],
        settings=settings,
    )
    store = PostgresEventStore(engine, settings.shard)
    metrics = DrainMetrics(app.state.metrics)
    app.state.clock = times
    app.state.events = store
    app.state.epochs = store
    app.state.history = PostgresHistoryStore(engine, settings.shard)
    app.state.recovery = PostgresRecoveryStore(engine)
    app.state.shard = settings.shard
    app.state.postgres = engine
    return app


async def _open(
    app: FastAPI,
    settings: ReportWriterSettings,
    stack: AsyncExitStack,
    *,
    database_url: str,
    redis_url: str,
    token: str,
    metrics: DrainMetrics,
) -> list[LoopRunner]:
    """Open what the app needs, to be closed with the stack, and return its loops."""
    clock: Clock = app.state.clock
    streams = RedisEventStreams(redis_url, settings.shard)
    stack.push_async_callback(streams.aclose)
    ownership = PostgresShardOwnership(database_url, settings.shard)
    stack.push_async_callback(ownership.aclose)
    transport = Transport(settings.config_api_url, token=token, tries=1)
    await stack.enter_async_context(transport)
    snapshots = SnapshotFollower(ConfigApiClient(transport))
    app.state.authenticator = SnapshotAuthenticator(snapshots, clock)

    async def check_postgres() -> str | None:
        return await connections.check(app.state.postgres)

    app.state.readiness_checks = {
        "postgres": check_postgres,
        "redis": streams.check,
        "config-api": snapshots.check,
    }
    drain = EventDrain(
        streams,
        app.state.events,
        clock=clock,
        batch_limit=settings.batch_limit,
        wait_seconds=settings.wait_seconds,
    )
    draining = LoopRunner(
        DrainEvents(drain, ownership, metrics, clock), on_success=metrics.note_success
    )
    loops: list[Ticking] = [snapshots]
    if settings.migrate_on_start:
        loops.append(MigrateSchema(partial(migrate, database_url), draining.wake))
    return [draining, *(LoopRunner(loop, on_success=metrics.note_success) for loop in loops)]
