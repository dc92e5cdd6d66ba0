"""Wiring of report-writer: settings to resources to the app."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from importlib.metadata import version

from fastapi import FastAPI

from mlmon_report_writer.adapters.http.webhook_sender import HttpWebhookSender
from mlmon_report_writer.adapters.postgres import connections
from mlmon_report_writer.adapters.postgres.action_store import PostgresActionStore
from mlmon_report_writer.adapters.postgres.delivery_store import PostgresDeliveryStore
from mlmon_report_writer.adapters.postgres.event_store import PostgresEventStore
from mlmon_report_writer.adapters.postgres.history_store import PostgresHistoryStore
from mlmon_report_writer.adapters.postgres.ownership import PostgresShardOwnership
from mlmon_report_writer.adapters.postgres.recovery_store import PostgresRecoveryStore
from mlmon_report_writer.adapters.redis.event_streams import RedisEventStreams
from mlmon_report_writer.api import (
    actions,
    attempts,
    batches,
    epochs,
    runs,
    shards,
    webhook_deliveries,
)
from mlmon_report_writer.application.deliver_webhooks import WebhookCourier
from mlmon_report_writer.application.drain_events import EventDrain
from mlmon_report_writer.loops.deliver_webhooks import DeliverWebhooks, ForgetDeliveries
from mlmon_report_writer.loops.drain_events import DrainEvents
from mlmon_report_writer.loops.follow_webhooks import FollowWebhooks
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
from mlmon_shared.ids import new_id
from mlmon_shared.loops import LoopRunner, Ticking
from mlmon_shared.outbound_targets import Resolver, SystemResolver


def create_app(
    settings: ReportWriterSettings,
    *,
    clock: Clock | None = None,
    resolver: Resolver | None = None,
) -> FastAPI:
    """Return the app; nothing is connected before its lifespan starts.

    Starting never fails for a dependency that is down: `/readyz` names it, requests that
    need it are answered 503, and the loops go on when it is back.

    Args:
        settings: Where everything is.
        clock: The system's when left out.
        resolver: Finds the addresses of webhooks; the system's when left out.

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
        routers=[
            runs.router,
            attempts.router,
            batches.router,
            actions.router,
            epochs.router,
            shards.router,
            webhook_deliveries.router,
        ],
        settings=settings,
    )
    store = PostgresEventStore(engine, settings.shard)
    metrics = DrainMetrics(app.state.metrics)
    app.state.clock = times
    app.state.events = store
    app.state.epochs = store
    app.state.history = PostgresHistoryStore(engine, settings.shard)
    app.state.actions = PostgresActionStore(engine)
    app.state.recovery = PostgresRecoveryStore(engine)
    app.state.shard = settings.shard
    app.state.postgres = engine
    app.state.resolver = resolver or SystemResolver()
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
    config_api = ConfigApiClient(transport)
    snapshots = SnapshotFollower(config_api)
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
    webhooks = await _open_webhooks(
        app, settings, stack, config_api, database_url=database_url, metrics=metrics
    )
    if settings.migrate_on_start:
        loops.append(MigrateSchema(partial(migrate, database_url), draining.wake))
    return [
        draining,
        *webhooks,
        *(LoopRunner(loop, on_success=metrics.note_success) for loop in loops),
    ]


async def _open_webhooks(
    app: FastAPI,
    settings: ReportWriterSettings,
    stack: AsyncExitStack,
    config_api: ConfigApiClient,
    *,
    database_url: str,
    metrics: DrainMetrics,
) -> list[LoopRunner]:
    """Open what sends webhooks, apart from what writes history, and return its loops."""
    clock: Clock = app.state.clock
    # Connections of its own: messages never wait for history's, nor history for theirs.
    engine = connections.create_engine(database_url)
    stack.push_async_callback(engine.dispose)
    store = PostgresDeliveryStore(engine)
    sender = HttpWebhookSender(settings.webhook_rules, app.state.resolver)
    stack.push_async_callback(sender.aclose)
    courier = WebhookCourier(
        store,
        PostgresHistoryStore(engine, settings.shard),
        sender,
        clock=clock,
        new_id=new_id,
        note=metrics.note_webhook,
    )
    stack.push_async_callback(courier.aclose)
    following = FollowWebhooks(config_api, store, courier.use)
    delivering = LoopRunner(DeliverWebhooks(courier), on_success=metrics.note_success)
    courier.on_done = delivering.wake
    courier.refresh = following.tick
    app.state.deliveries, app.state.courier = store, courier
    return [
        delivering,
        LoopRunner(following, on_success=metrics.note_success),
        LoopRunner(ForgetDeliveries(store, clock), on_success=metrics.note_success),
    ]
