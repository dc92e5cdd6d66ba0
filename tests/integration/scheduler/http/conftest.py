"""The three services over HTTP, on databases that are copied rather than migrated."""

import asyncio
import contextlib
import itertools
import json
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from pydantic import SecretStr

import mlmon_config_api.app
import mlmon_config_api.migrating
import mlmon_report_writer.migrating
from mlmon_config_api.settings import ConfigApiSettings
from mlmon_shared.clients.config_api import ConfigApiClient
from mlmon_shared.clients.http_clients import open_http_client
from mlmon_shared.clients.transport import Transport
from mlmon_shared.embedded.postgres import EmbeddedPostgres
from mlmon_shared.embedded.valkey import EmbeddedValkey
from mlmon_shared.testing.live_servers import live_server
from mlmon_shared.testing.plugin import temporary_server_folder
from tests.integration.scheduler.http.agents import FakeAgent
from tests.integration.scheduler.http.catalog import CLIENTS, DEFINITIONS, POOLS, TOKENS
from tests.integration.scheduler.http.services import ADMIN, SERVICE, OwnServices, Seeds, Services

_numbers = itertools.count(1)


async def _seed(dsn: str) -> dict[str, str]:
    settings = ConfigApiSettings(
        database_url=dsn,
        admin_token=SecretStr(ADMIN),
        service_token=SecretStr(SERVICE),
    )
    app = mlmon_config_api.app.create_app(settings)
    async with live_server(app) as url, Transport(url, token=ADMIN) as transport:
        config_api = ConfigApiClient(transport)
        for pool in POOLS:
            await config_api.put_pool(pool)
        for client in CLIENTS:
            await config_api.put_client(client)
        for definition in DEFINITIONS:
            await config_api.apply_job_definition(json.dumps(definition).encode())
        return {request.name: (await config_api.create_token(request)).token for request in TOKENS}


@pytest.fixture(scope="session")
def seeds(postgres_server: EmbeddedPostgres) -> Seeds:
    """Databases to copy, because migrating takes longer than most tests."""
    config, reports = "http_config_template", "http_reports_template"
    for name in (config, reports):
        postgres_server.create_database(name)
    mlmon_config_api.migrating.migrate(postgres_server.dsn(config))
    mlmon_report_writer.migrating.migrate(postgres_server.dsn(reports))
    tokens = asyncio.run(_seed(postgres_server.dsn(config)))
    return Seeds(config, reports, tokens)


@contextlib.contextmanager
def copied_databases(server: EmbeddedPostgres, seeds: Seeds) -> Iterator[tuple[str, str]]:
    """Yield URLs of new databases of config-api and of report-writer."""
    number = f"{os.getpid()}_{next(_numbers)}"
    config, reports = f"http_config_{number}", f"http_reports_{number}"
    server.create_database(config, template=seeds.config_database)
    server.create_database(reports, template=seeds.reports_database)
    yield server.dsn(config), server.dsn(reports)
    server.drop_database(config)
    server.drop_database(reports)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with open_http_client(timeout=30) as client:
        yield client


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def shared_services(
    postgres_server: EmbeddedPostgres,
    seeds: Seeds,
    tmp_path_factory: pytest.TempPathFactory,
    http: httpx.AsyncClient,
) -> AsyncIterator[Services]:
    """The services that most tests share, on a Valkey that no other test empties."""
    folder = tmp_path_factory.mktemp("shared-services")
    with (
        temporary_server_folder() as server_folder,
        EmbeddedValkey(server_folder / "valkey", is_persistent=False) as valkey,
        copied_databases(postgres_server, seeds) as databases,
    ):
        services = Services(seeds, databases, redis_url=valkey.url, folder=folder, http=http)
        async with services:
            yield services


@pytest_asyncio.fixture(loop_scope="session")
async def services(shared_services: Services) -> AsyncIterator[Services]:
    """The shared services without any run, batch or agent."""
    yield shared_services
    await shared_services.forget_everything()


@pytest_asyncio.fixture(loop_scope="session")
async def agent(services: Services) -> FakeAgent:
    return await services.agent()


@pytest_asyncio.fixture(loop_scope="session")
async def own_services(
    postgres_server: EmbeddedPostgres,
    seeds: Seeds,
    server_folder: Path,
    tmp_path: Path,
    http: httpx.AsyncClient,
) -> AsyncIterator[OwnServices]:
    """Services that the test may stop, with a Valkey that keeps what it acknowledged."""
    async with EmbeddedValkey(server_folder / "valkey") as valkey:
        with copied_databases(postgres_server, seeds) as databases:
            services = OwnServices(seeds, databases, valkey=valkey, folder=tmp_path, http=http)
            async with services:
                yield services
