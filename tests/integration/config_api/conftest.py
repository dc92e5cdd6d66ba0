import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import argon2
import httpx
import pytest
import pytest_asyncio
from asgi_lifespan import LifespanManager
from fastapi import FastAPI
from starlette.types import ASGIApp

from mlmon_config_api.adapters.passwords import Argon2Hasher
from mlmon_config_api.app import create_app
from mlmon_config_api.migrating import migrate
from mlmon_config_api.settings import ConfigApiSettings
from mlmon_shared.embedded.postgres import EmbeddedPostgres
from mlmon_shared.testing.clocks import FakeClock
from mlmon_shared.testing.ids import SequentialIds
from mlmon_shared.testing.postgres_clusters import empty_database

ADMIN = "admin-secret"
SERVICE = "service-secret"
BODY_LIMIT = 16 * 1024
QUICK_HASHER = Argon2Hasher(argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
"""The real one takes 0.2 s and all cores."""
_DATABASE = "config_api"


def make_settings(dsn: str, **changed: object) -> ConfigApiSettings:
    values: dict[str, Any] = {
        "database_url": dsn,
        "admin_token": ADMIN,
        "service_token": SERVICE,
        "body_limit": BODY_LIMIT,
        **changed,
    }
    return ConfigApiSettings(**values)


@pytest.fixture(scope="session")
def config_database(postgres_server: EmbeddedPostgres) -> str:
    """Name of a migrated database for all tests, because making one takes longer than most."""
    postgres_server.create_database(_DATABASE)
    migrate(postgres_server.dsn(_DATABASE))
    return _DATABASE


@pytest.fixture
def database_url(postgres_server: EmbeddedPostgres, config_database: str) -> Iterator[str]:
    """A database as migrations leave it."""
    yield postgres_server.dsn(config_database)
    empty_database(postgres_server, config_database, but=["alembic_version", "config_revision"])
    postgres_server.execute("UPDATE config_revision SET revision = 0", database=config_database)


@pytest_asyncio.fixture
async def api(
    database_url: str, clock: FakeClock, ids: SequentialIds
) -> AsyncIterator[httpx.AsyncClient]:
    """The service itself, asked by its administrator."""
    app = create_app(make_settings(database_url), clock=clock, ids=ids, hasher=QUICK_HASHER)
    async with running(app), asking(app) as client:
        yield client


def running(app: FastAPI) -> LifespanManager:
    """The app between its start and its end, for which a busy machine may take a while."""
    return LifespanManager(app, startup_timeout=60, shutdown_timeout=60)


def asking(app: ASGIApp, token: str | None = ADMIN) -> httpx.AsyncClient:
    """A client of an app that runs in this process."""
    return httpx.AsyncClient(
        # An unexpected exception is answered 500, as uvicorn would, and not raised here.
        transport=httpx.ASGITransport(app=app, raise_app_exceptions=False),
        base_url="http://config-api",
        headers={"Authorization": f"Bearer {token}"} if token else {},
    )


def a_definition(name: str = "delay-train", **changed: object) -> dict[str, Any]:
    return {"name": name, "image": "flights:1", "command": ["python", "train.py"], **changed}


def a_pool(name: str = "cpu", **resources: object) -> dict[str, Any]:
    return {"name": name, "resources": {"cpu": 2, "memory": "2Gi", **resources}}


async def apply(
    api: httpx.AsyncClient, definition: object, *, params: dict[str, str] | None = None
) -> httpx.Response:
    # httpx's own JSON is UTF-8, in which half a character cannot be written.
    headers = {"Content-Type": "application/json"}
    content = json.dumps(definition)
    return await api.post("/v1/job-definitions", content=content, headers=headers, params=params)


def faults_of(response: httpx.Response) -> dict[str, str]:
    """The faults of a 422 by pointer."""
    assert response.status_code == 422, response.text
    assert response.headers["Content-Type"] == "application/problem+json"
    problem = response.json()
    assert problem["type"] == "urn:mlmon:problem:invalid-request"
    return {fault["pointer"]: fault["detail"] for fault in problem["errors"]}


async def revision_of(api: httpx.AsyncClient) -> int:
    headers = {"Authorization": f"Bearer {SERVICE}"}
    snapshot = (await api.get("/v1/snapshot", headers=headers)).json()
    revision: int = snapshot["config_revision"]
    return revision
