"""A shard on a real Valkey, its history on a real PostgreSQL, and a clock that the test moves."""

import itertools
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import pytest_asyncio

from mlmon_report_writer.adapters.postgres.connections import create_engine
from mlmon_report_writer.adapters.postgres.event_store import PostgresEventStore
from mlmon_report_writer.adapters.postgres.history_store import PostgresHistoryStore
from mlmon_report_writer.adapters.postgres.recovery_store import PostgresRecoveryStore
from mlmon_report_writer.adapters.redis.event_streams import RedisEventStreams
from mlmon_report_writer.application.drain_events import EventDrain
from mlmon_report_writer.migrating import migrate
from mlmon_shared.embedded.postgres import EmbeddedPostgres
from mlmon_shared.testing.clocks import FakeClock
from tests.integration.recovery.history import History
from tests.integration.recovery.shards import Shard

_TEMPLATE = "recovery_template"
_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def recovery_template(postgres_server: EmbeddedPostgres) -> str:
    """A migrated database to copy, because migrating takes longer than most tests."""
    postgres_server.create_database(_TEMPLATE)
    migrate(postgres_server.dsn(_TEMPLATE))
    return _TEMPLATE


@pytest.fixture
def reports_url(postgres_server: EmbeddedPostgres, recovery_template: str) -> Iterator[str]:
    name = f"recovery_{os.getpid()}_{next(_numbers)}"
    postgres_server.create_database(name, template=recovery_template)
    yield postgres_server.dsn(name)
    postgres_server.drop_database(name)


@pytest_asyncio.fixture
async def history(reports_url: str, redis_url: str, clock: FakeClock) -> AsyncIterator[History]:
    async with AsyncExitStack() as stack:
        engine = create_engine(reports_url)
        stack.push_async_callback(engine.dispose)
        streams = RedisEventStreams(redis_url, "s0")
        stack.push_async_callback(streams.aclose)
        events = PostgresEventStore(engine, "s0")
        drain = EventDrain(streams, events, clock=clock, batch_limit=5000, wait_seconds=0.001)
        yield History(
            events, PostgresHistoryStore(engine, "s0"), PostgresRecoveryStore(engine), clock, drain
        )


@pytest_asyncio.fixture
async def shard(
    redis_url: str, history: History, clock: FakeClock, tmp_path: Path
) -> AsyncIterator[Shard]:
    """A shard in its first epoch."""
    shard = Shard(redis_url, history, clock, tmp_path / "artifacts")
    await shard.recover()
    yield shard
    await shard.aclose()
