"""PostgreSQL that accepts connections, keeps them open, and never answers."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable

import httpx
import pytest
from fastapi import FastAPI

from mlmon_config_api.app import create_app
from mlmon_shared.embedded.postgres import EmbeddedPostgres
from mlmon_shared.testing.polling import eventually

from .conftest import QUICK_HASHER, a_definition, apply, asking, make_settings, running

PATIENCE_SECONDS = 8.0
"""What a first read may take here: 1.5 s, and a machine that others share; it was 12 s."""
QUICK_SECONDS = 1.4
"""Of a read that does not wait for PostgreSQL: less than the 1.5 s of one that does."""


class Hanging:
    """Passes bytes on between config-api and PostgreSQL; while it hangs, it only takes them."""

    def __init__(self, socket: str) -> None:
        self._socket = socket
        self._going = asyncio.Event()
        self._going.set()

    def hang(self) -> None:
        self._going.clear()

    def go_on(self) -> None:
        self._going.set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._going.wait()
        upstream_reader, upstream_writer = await asyncio.open_unix_connection(self._socket)
        await asyncio.gather(
            self._pass_on(reader, upstream_writer), self._pass_on(upstream_reader, writer)
        )

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while piece := await reader.read(65536):
                await self._going.wait()
                writer.write(piece)
                await writer.drain()
        except OSError:
            pass
        finally:
            writer.close()


@pytest.fixture
async def hanging(
    postgres_server: EmbeddedPostgres, config_database: str, database_url: str
) -> AsyncIterator[tuple[Hanging, str]]:
    """What stands between, and the URL of the database behind it."""
    of_server = postgres_server.asyncpg_kwargs(config_database)
    between = Hanging(f"{of_server['host']}/.s.PGSQL.{of_server['port']}")
    server = await asyncio.start_server(between.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    try:
        yield between, f"postgresql://{of_server['user']}@127.0.0.1:{port}/{config_database}"
    finally:
        between.go_on()
        server.close()


@pytest.fixture
async def hanging_api(
    hanging: tuple[Hanging, str],
) -> AsyncIterator[tuple[Hanging, FastAPI, httpx.AsyncClient]]:
    """config-api with a copy of a few things."""
    between, url = hanging
    app = create_app(make_settings(url), hasher=QUICK_HASHER)
    async with running(app), asking(app) as api:
        assert (await apply(api, a_definition("score"))).status_code == 201
        assert (await apply(api, a_definition("score", priority=1))).status_code == 201
        webhook = {"name": "chat", "url": "https://example.com/chat", "events": ["run.failed"]}
        assert (await api.put("/v1/webhooks/chat", json=webhook)).status_code == 201
        user = {"name": "ann", "roles": ["author"]}
        assert (await api.put("/v1/users/ann", json=user)).status_code == 201
        await app.state.catalog_store.refresh()
        yield between, app, api
        between.go_on()


async def timed(answer: Awaitable[httpx.Response]) -> tuple[float, httpx.Response]:
    """Seconds until it came, and the answer."""
    begun = time.monotonic()
    response = await answer
    return time.monotonic() - begun, response


async def test_copy_answers_soon_and_then_at_once(
    hanging_api: tuple[Hanging, FastAPI, httpx.AsyncClient],
) -> None:
    between, _, api = hanging_api
    paths = [
        "job-definitions/score",
        "job-definitions/score/versions",
        "job-definitions/score/versions/1",
        "job-definitions/score/versions/2/diff?with=1",
        "webhooks",
        "webhooks/chat",
        "users",
        "users/ann",
    ]
    before = {path: await api.get(f"/v1/{path}") for path in paths}
    between.hang()

    first_seconds, first = await timed(api.get("/v1/job-definitions"))
    timings = {path: await timed(api.get(f"/v1/{path}")) for path in paths}

    assert first_seconds < PATIENCE_SECONDS
    assert first.headers["Warning"].startswith("110 config-api")
    for path, (seconds, answer) in timings.items():
        assert seconds < QUICK_SECONDS, path
        assert (answer.status_code, answer.json()) == (200, before[path].json()), path
        assert answer.headers["Warning"].startswith("110 config-api"), path
        assert answer.headers.get("ETag") == before[path].headers.get("ETag"), path


async def test_what_is_not_in_the_copy_is_refused_soon(
    hanging_api: tuple[Hanging, FastAPI, httpx.AsyncClient],
) -> None:
    between, _, api = hanging_api
    between.hang()
    await api.get("/v1/clients")

    timings = [
        await timed(api.get("/v1/audit-events")),
        await timed(api.put("/v1/clients/acme", json={"name": "acme"})),
        await timed(api.post("/v1/sessions", json={"name": "ann", "password": "wrong"})),
    ]

    for seconds, answer in timings:
        assert seconds < PATIENCE_SECONDS, answer.url
        assert answer.status_code == 503, answer.text
        assert int(answer.headers["Retry-After"]) >= 1


async def test_changes_go_on_once_postgres_answers_again(
    hanging_api: tuple[Hanging, FastAPI, httpx.AsyncClient],
) -> None:
    between, _, api = hanging_api
    between.hang()
    assert "Warning" in (await api.get("/v1/clients")).headers
    between.go_on()

    async def is_changed() -> bool:
        return (await api.put("/v1/clients/acme", json={"name": "acme"})).is_success

    await eventually(is_changed, within_seconds=30)
    answer = await api.get("/v1/clients/acme")

    # Who has changed it sees it, whatever the copy has.
    assert (answer.status_code, answer.json()["name"]) == (200, "acme")


async def test_readers_who_give_up_leave_no_connection_behind(
    hanging_api: tuple[Hanging, FastAPI, httpx.AsyncClient],
) -> None:
    between, app, api = hanging_api
    store = app.state.catalog_store
    between.hang()

    async def read() -> None:
        async with store.read() as catalog:
            await catalog.get_revision()

    readers = [asyncio.create_task(read()) for _ in range(5)]
    await asyncio.sleep(0)
    for reader in readers:
        reader.cancel()
    await asyncio.gather(*readers, return_exceptions=True)
    between.go_on()

    async def is_back() -> bool:
        return "Warning" not in (await api.get("/v1/clients")).headers

    await eventually(is_back, within_seconds=30)
    both = await asyncio.gather(*(api.get("/v1/clients") for _ in range(20)))

    assert {answer.status_code for answer in both} == {200}
