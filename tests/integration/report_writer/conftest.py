import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest
import pytest_asyncio
from fastapi import FastAPI
from redis.asyncio import Redis
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from mlmon_report_writer.adapters.postgres.connections import create_engine
from mlmon_report_writer.adapters.postgres.event_store import PostgresEventStore
from mlmon_report_writer.adapters.redis.event_streams import RedisEventStreams
from mlmon_report_writer.app import create_app
from mlmon_report_writer.application.drain_events import EventDrain
from mlmon_report_writer.migrating import migrate
from mlmon_report_writer.settings import ReportWriterSettings
from mlmon_shared.clients.report_writer import ReportWriterClient
from mlmon_shared.clients.transport import Transport
from mlmon_shared.clocks import SystemClock
from mlmon_shared.embedded.postgres import EmbeddedPostgres
from mlmon_shared.errors import MlmonError
from mlmon_shared.http.auth import hash_token
from mlmon_shared.testing.clocks import START, FakeClock
from mlmon_shared.testing.ids import SequentialIds
from mlmon_shared.testing.live_servers import live_server
from mlmon_shared.testing.polling import eventually
from mlmon_shared.testing.postgres_clusters import empty_database
from mlmon_shared.wire.catalog import Snapshot, TokenRecord
from mlmon_shared.wire.records import to_milliseconds
from mlmon_shared.wire.states import Scope

_DATABASE = "report_writer"
START_MS = to_milliseconds(START)


@pytest.fixture(scope="session")
def reports_database(postgres_server: EmbeddedPostgres) -> str:
    """Name of a migrated database for all tests, because making one takes longer than most."""
    postgres_server.create_database(_DATABASE)
    migrate(postgres_server.dsn(_DATABASE))
    return _DATABASE


@pytest.fixture
def database_url(postgres_server: EmbeddedPostgres, reports_database: str) -> Iterator[str]:
    """A database as migrations leave it."""
    yield postgres_server.dsn(reports_database)
    empty_database(postgres_server, reports_database, but=["alembic_version"])


@pytest_asyncio.fixture
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    engine = create_engine(database_url)
    yield engine
    await engine.dispose()


@pytest.fixture
def store(engine: AsyncEngine) -> PostgresEventStore:
    return PostgresEventStore(engine, "s0")


@pytest_asyncio.fixture
async def streams(redis_url: str) -> AsyncIterator[RedisEventStreams]:
    streams = RedisEventStreams(redis_url, "s0")
    yield streams
    await streams.aclose()


@pytest.fixture
def make_drain(
    streams: RedisEventStreams, store: PostgresEventStore, clock: FakeClock
) -> Callable[..., EventDrain]:
    def make(*, batch_limit: int = 5_000) -> EventDrain:
        return EventDrain(streams, store, clock=clock, batch_limit=batch_limit, wait_seconds=0.01)

    return make


@pytest.fixture
def drain(make_drain: Callable[..., EventDrain]) -> EventDrain:
    return make_drain()


@pytest_asyncio.fixture
async def epoch(store: PostgresEventStore) -> int:
    return await store.begin_epoch("s0", "instance-1", after=0, now=START)


@dataclass
class Scheduler:
    """Writes events as a scheduler would."""

    redis: Redis
    ids: SequentialIds
    epoch: int = 1

    async def add(self, kind: str, thing: str, rv: int, **fields: str | bytes) -> str:
        envelope = {"kind": kind, "id": thing, "rv": str(rv), "at": str(START_MS + rv)}
        entry: dict[Any, Any] = {**envelope, **fields}
        return str(await self.redis.xadd(f"{{s0}}:events:{self.epoch}", entry))

    async def submit(self, run_id: str = "", **fields: str | bytes) -> str:
        run_id = run_id or self.ids()
        first = {
            "job": "train",
            "client": "acme",
            "version": "1",
            "state": "queued",
            "priority": "50",
            "image": "registry.example.com/train:1",
            "resources": json.dumps({"cpu": 1, "memory": 2**30}),
            "labels": json.dumps({"team": "growth"}),
            "params": json.dumps({"month": 12}),
            "created_at": str(START_MS),
            "queued_at": str(START_MS),
        }
        await self.add("run", run_id, 1, **{**first, **fields})
        return run_id

    async def start(self, run_id: str, number: int = 1, rv: int = 2) -> str:
        attempt = f"{run_id}.{number}"
        await self.add("run", run_id, rv, state="leased", attempt=str(number))
        await self.add(
            "attempt",
            attempt,
            rv,
            state="granted",
            agent="agent-1",
            host="host-1",
            pool="cpu",
            fence=f"1:{rv}",
            granted_at=str(START_MS + 2_000),
        )
        accepted = str(START_MS + 3_000)
        await self.add("run", run_id, rv + 1, state="running", started_at=accepted)
        await self.add("attempt", attempt, rv + 1, state="running", accepted_at=accepted)
        return attempt

    async def finish(self, run_id: str, number: int = 1, rv: int = 4) -> None:
        ended = str(START_MS + 13_000)
        done = {"state": "succeeded", "finished_at": ended, "exit_code": "0"}
        await self.add("attempt", f"{run_id}.{number}", rv, **done, progress="1")
        await self.add("run", run_id, rv, **done, metrics='{"auc": 0.9}')

    async def add_batch(self, batch_id: str, total: int, **fields: str | bytes) -> None:
        first = {"state": "running", "total": str(total), "created_at": str(START_MS)}
        await self.add("batch", batch_id, 1, **{**first, **fields})


@pytest.fixture
def scheduler(redis_client: Redis, ids: SequentialIds) -> Scheduler:
    return Scheduler(redis_client, ids)


@pytest.fixture
def rows(engine: AsyncEngine) -> Callable[..., Any]:
    async def read(query: str) -> list[tuple[Any, ...]]:
        async with engine.connect() as connection:
            return [tuple(row) for row in await connection.execute(text(query))]

    return read


TOKENS = {"reader-token": Scope.READER, "service-token": Scope.SERVICE, "agent-token": Scope.AGENT}


def _config_api() -> FastAPI:
    """Stand in for config-api: its snapshot, and nothing else."""
    app = FastAPI()
    records = [
        TokenRecord(
            id=token, name=token, scopes=[scope], created_at=START, sha256=hash_token(token)
        )
        for token, scope in TOKENS.items()
    ]
    snapshot = Snapshot(config_revision=1, job_definitions=[], clients=[], pools=[], tokens=records)

    @app.get("/v1/snapshot")
    async def get_snapshot() -> Snapshot:
        return snapshot

    return app


@pytest_asyncio.fixture
async def config_api_url() -> AsyncIterator[str]:
    async with live_server(_config_api()) as url:
        yield url


@pytest.fixture
def make_settings(config_api_url: str, redis_url: str) -> Callable[..., ReportWriterSettings]:
    def make(**given: object) -> ReportWriterSettings:
        known: dict[str, Any] = {
            "redis_url": redis_url,
            "config_api_url": config_api_url,
            "service_token": "service-token",
            "wait_seconds": 0.05,
        }
        return ReportWriterSettings(**{**known, **given})

    return make


@pytest.fixture
def serve() -> Callable[[ReportWriterSettings], AbstractAsyncContextManager[Transport]]:
    """Run the service and yield a transport of a reader."""

    @asynccontextmanager
    async def run(settings: ReportWriterSettings) -> AsyncIterator[Transport]:
        app = create_app(settings, clock=SystemClock())
        async with live_server(app) as url, Transport(url, token="reader-token", tries=1) as found:
            yield found

    return run


@pytest_asyncio.fixture
async def transport(
    serve: Callable[..., AbstractAsyncContextManager[Transport]],
    make_settings: Callable[..., ReportWriterSettings],
    database_url: str,
) -> AsyncIterator[Transport]:
    async with serve(make_settings(database_url=database_url)) as transport:
        await wait_until_ready(transport)
        yield transport


@pytest.fixture
def client(transport: Transport) -> ReportWriterClient:
    return ReportWriterClient(transport)


async def wait_until_ready(transport: Transport) -> None:
    """Wait for the first snapshot, which comes right after the start."""

    async def is_ready() -> bool:
        try:
            await transport.send("GET", "/readyz")
        except MlmonError:
            return False
        return True

    await eventually(is_ready)
