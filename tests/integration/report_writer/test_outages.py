import asyncio
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from mlmon_report_writer.adapters.postgres.ownership import PostgresShardOwnership
from mlmon_report_writer.migrating import migrate
from mlmon_report_writer.settings import ReportWriterSettings
from mlmon_shared.clients.report_writer import ReportWriterClient
from mlmon_shared.clients.transport import Transport
from mlmon_shared.embedded.postgres import EmbeddedPostgres
from mlmon_shared.embedded.valkey import EmbeddedValkey
from mlmon_shared.errors import MlmonError, ServiceUnavailableError, StoreUnavailableError
from mlmon_shared.testing.polling import eventually
from mlmon_shared.wire.history import EpochRequest

if TYPE_CHECKING:
    from tests.integration.report_writer.conftest import Scheduler


MakeSettings = Callable[..., ReportWriterSettings]
Serve = Callable[[ReportWriterSettings], AbstractAsyncContextManager[Transport]]
ReadRows = Callable[[str], Awaitable[list[tuple[Any, ...]]]]


async def number_of_runs(transport: Transport) -> int:
    try:
        return len((await ReportWriterClient(transport).list_runs()).items)
    except ServiceUnavailableError:
        return -1


async def dependencies(transport: Transport) -> dict[str, str]:
    try:
        answer = await transport.send("GET", "/readyz")
    except MlmonError as error:
        found: dict[str, str] = error.extras["dependencies"]
        return found
    return dict(answer.json()["dependencies"])


async def test_outage_of_postgres_loses_nothing(
    own_postgres: EmbeddedPostgres,
    make_settings: MakeSettings,
    serve: Serve,
    scheduler: "Scheduler",
) -> None:
    own_postgres.create_database("reports")
    url = own_postgres.dsn("reports")
    await asyncio.to_thread(migrate, url)
    async with serve(make_settings(database_url=url)) as transport:
        async with Transport(transport.base_url, token="service-token") as service:
            await ReportWriterClient(service).begin_epoch(EpochRequest(instance="one"))
        await scheduler.submit()

        async def has(number: int) -> bool:
            return await number_of_runs(transport) == number

        await eventually(lambda: has(1))
        await own_postgres.stop_async()
        await scheduler.submit()
        with pytest.raises(StoreUnavailableError) as caught:
            await ReportWriterClient(transport).list_runs()
        found = await dependencies(transport)
        await own_postgres.start_async()

        assert caught.value.extras["retry_after_seconds"] > 0
        assert found["postgres"] != "ok"
        assert found["redis"] == "ok"
        await eventually(lambda: has(2))


async def test_service_starts_while_everything_is_down(
    own_postgres: EmbeddedPostgres, server_folder: Path, make_settings: MakeSettings, serve: Serve
) -> None:
    own_postgres.create_database("reports")
    url = own_postgres.dsn("reports")
    own_postgres.stop()
    valkey = EmbeddedValkey(server_folder / "valkey", is_persistent=False)
    valkey.prepare()
    redis_url = valkey.url
    settings = make_settings(database_url=url, redis_url=redis_url, migrate_on_start=True)

    async with serve(settings) as transport:
        down = await dependencies(transport)
        await own_postgres.start_async()
        await valkey.start_async()

        async def is_ready() -> bool:
            found = await dependencies(transport)
            return set(found.values()) == {"ok"}

        await eventually(is_ready)
    valkey.stop()

    assert down["postgres"] != "ok"
    assert down["redis"] != "ok"


async def test_service_stops_in_order_while_postgres_is_down(
    own_postgres: EmbeddedPostgres, make_settings: MakeSettings, serve: Serve
) -> None:
    own_postgres.create_database("reports")
    settings = make_settings(database_url=own_postgres.dsn("reports"), migrate_on_start=True)

    async with serve(settings) as transport:

        async def is_draining() -> bool:
            shown = (await transport.send("GET", "/metrics")).text
            return 'last_success_timestamp_seconds{loop="drain_events"}' in shown

        await eventually(is_draining)
        await own_postgres.stop_async()
        found = await dependencies(transport)

    assert found["postgres"] != "ok"


def test_migrate_command_brings_the_database_up_to_date(
    postgres_server: EmbeddedPostgres, postgres_database: str, redis_url: str
) -> None:
    environment = {
        **os.environ,
        "MLMON_REPORT_WRITER_DATABASE_URL": postgres_server.dsn(postgres_database),
        "MLMON_REPORT_WRITER_REDIS_URL": redis_url,
        "MLMON_REPORT_WRITER_CONFIG_API_URL": "http://127.0.0.1:9",
    }
    command = [sys.executable, "-m", "mlmon_report_writer", "migrate"]
    subprocess.run(command, env=environment, check=True)

    tables = postgres_server.execute("SELECT count(*) FROM runs", database=postgres_database)

    assert tables == [("0",)]


async def test_requests_before_the_first_snapshot_are_told_to_come_back(
    make_settings: MakeSettings, serve: Serve, database_url: str
) -> None:
    settings = make_settings(database_url=database_url, config_api_url="http://127.0.0.1:9")

    async with serve(settings) as transport:
        with pytest.raises(ServiceUnavailableError):
            await ReportWriterClient(transport).list_runs()
        found = await dependencies(transport)

    assert found["config-api"] != "ok"


async def test_shard_has_one_owner_at_a_time(database_url: str) -> None:
    first = PostgresShardOwnership(database_url, "s0")
    second = PostgresShardOwnership(database_url, "s0")
    other = PostgresShardOwnership(database_url, "s1")
    try:
        assert await first.acquire()
        assert not await second.acquire()
        assert await other.acquire()
        assert await first.acquire()
        await first.release()
        await eventually(second.acquire)
        assert not await first.acquire()
    finally:
        for ownership in (first, second, other):
            await ownership.aclose()


async def test_two_replicas_store_each_event_once(
    make_settings: MakeSettings,
    serve: Serve,
    database_url: str,
    scheduler: "Scheduler",
    rows: ReadRows,
) -> None:
    settings = make_settings(database_url=database_url, batch_limit=3)
    async with serve(settings) as one, serve(settings) as two:

        async def has_begun() -> bool:
            async with Transport(two.base_url, token="service-token") as service:
                await ReportWriterClient(service).begin_epoch(EpochRequest(instance="one"))
            return True

        await has_begun()
        for _ in range(20):
            await scheduler.submit()

        async def are_there() -> bool:
            return await number_of_runs(one) == await number_of_runs(two) == 20

        await eventually(are_there)
        written = [
            float(line.split()[1])
            for transport in (one, two)
            for line in (await transport.send("GET", "/metrics")).text.splitlines()
            if line.startswith("mlmon_report_writer_events_written_total")
        ]

    assert sorted(written) == [0.0, 20.0]
    assert await rows("SELECT count(*) FROM dead_letters") == [(0,)]


async def test_two_replicas_may_migrate_at_once(
    postgres_dsn: str, serve: Serve, make_settings: MakeSettings
) -> None:
    await asyncio.gather(*(asyncio.to_thread(migrate, postgres_dsn) for _ in range(3)))

    async with serve(make_settings(database_url=postgres_dsn)) as transport:
        found = await dependencies(transport)

    assert found["postgres"] == "ok"


async def test_missing_tables_are_said(
    make_settings: MakeSettings, serve: Serve, postgres_dsn: str
) -> None:
    async with serve(make_settings(database_url=postgres_dsn)) as transport:
        found = await dependencies(transport)

    assert "mlmon-report-writer migrate" in found["postgres"]
