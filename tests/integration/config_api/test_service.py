import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import httpx
import jsonschema
import pytest
import yaml

from mlmon_config_api.app import create_app
from mlmon_config_api.migrating import migrate
from mlmon_shared.embedded.postgres import EmbeddedPostgres
from mlmon_shared.errors import StoreUnavailableError
from mlmon_shared.testing.polling import eventually

from .conftest import SERVICE, a_definition, apply, asking, make_settings, running

EXAMPLE = Path(__file__).parents[3] / "examples" / "flight-delays"


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/v1/nothing", 404, "not-found"),
        ("DELETE", "/v1/job-definitions", 405, "method-not-allowed"),
        ("POST", "/v1/snapshot", 405, "method-not-allowed"),
        ("GET", "/v1/schemas/nothing", 404, "not-found"),
    ],
)
async def test_router_answers_with_problems(
    api: httpx.AsyncClient, method: str, path: str, status: int, code: str
) -> None:
    response = await api.request(method, path)

    assert response.status_code == status
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.json()["type"] == f"urn:mlmon:problem:{code}"
    assert response.headers["X-Request-Id"] == response.json()["request_id"]


async def test_schema_accepts_the_example_and_refuses_unknown_fields(
    api: httpx.AsyncClient,
) -> None:
    # As editors ask: without a token.
    del api.headers["Authorization"]
    schema = (await api.get("/v1/schemas/job-definition")).json()
    definition = yaml.safe_load((EXAMPLE / "delay-score.yaml").read_text())

    validator = jsonschema.Draft202012Validator(schema)

    validator.check_schema(schema)
    assert (schema["$id"], schema["title"]) == (
        "urn:mlmon:schema:job-definition",
        "MLMon job definition",
    )
    assert validator.is_valid(definition)
    assert not validator.is_valid({**definition, "colour": "red"})


async def test_openapi_document_resolves_and_names_each_operation_once(
    api: httpx.AsyncClient,
) -> None:
    document = (await api.get("/openapi.json")).json()
    schemas = document["components"]["schemas"]

    operations = [
        operation["operationId"]
        for path in document["paths"].values()
        for operation in path.values()
    ]

    assert len(operations) == len(set(operations))
    assert {reference.rsplit("/", 1)[1] for reference in references(document)} <= set(schemas)
    body = document["paths"]["/v1/job-definitions"]["post"]["requestBody"]["content"]
    assert {"application/yaml", "application/json"} <= set(body)


def references(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for inner in value.values():
            yield from references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner)


async def test_ready_service_names_its_dependency(api: httpx.AsyncClient) -> None:
    response = await api.get("/readyz")

    assert response.json() == {"status": "ok", "dependencies": {"postgres": "ok"}}


async def test_while_postgres_is_stopped_a_copy_is_read_and_nothing_is_changed(
    own_postgres: EmbeddedPostgres,
) -> None:
    own_postgres.create_database("config")
    dsn = own_postgres.dsn("config")
    await asyncio.to_thread(migrate, dsn)
    app = create_app(make_settings(dsn))
    async with running(app), asking(app) as api:
        assert (await apply(api, a_definition("score"))).status_code == 201
        assert (await api.put("/v1/clients/acme", json={"name": "acme"})).status_code == 201
        await app.state.catalog_store.refresh()
        fresh = await api.get("/v1/clients/acme")
        await asyncio.to_thread(own_postgres.stop)

        refused = [
            await apply(api, a_definition("score", priority=1)),
            await api.put("/v1/clients/acme", json={"name": "acme", "weight": 2}),
            await api.get("/v1/audit-events"),
            await api.get("/v1/snapshot", headers={"Authorization": f"Bearer {SERVICE}"}),
        ]
        read = [await api.get(f"/v1/{path}") for path in ("clients/acme", "job-definitions")]
        stranger = await api.get("/v1/clients", headers={"Authorization": "Bearer unknown"})
        ready = await api.get("/readyz")
        await asyncio.to_thread(own_postgres.start)
        await own_postgres.wait_ready_async()
        afterwards = await apply(api, a_definition("score", priority=1))

        async def is_fresh_again() -> bool:
            return "Warning" not in (await api.get("/v1/clients/acme")).headers

        await eventually(is_fresh_again)
        kept = (await api.get("/v1/clients/acme")).json()

    for answer in refused:
        assert answer.status_code == 503, answer.url
        assert answer.json()["type"] == "urn:mlmon:problem:store-unavailable"
        assert int(answer.headers["Retry-After"]) >= 1
    assert "Warning" not in fresh.headers
    assert read[0].json() == fresh.json() == kept
    assert [each["name"] for each in read[1].json()["items"]] == ["score"]
    for answer in read:
        assert answer.headers["Warning"].startswith("110 config-api")
        assert datetime.fromisoformat(answer.headers["MLMon-As-Of"]) <= datetime.now(UTC)
    assert stranger.status_code == 401
    assert ready.status_code == 503
    assert "does not answer" in ready.json()["dependencies"]["postgres"]
    assert (afterwards.status_code, afterwards.json()["version"]) == (201, 2)


async def test_service_starts_without_postgres_and_stores_its_tokens_later(
    own_postgres: EmbeddedPostgres,
) -> None:
    own_postgres.create_database("config")
    dsn = own_postgres.dsn("config")
    await asyncio.to_thread(own_postgres.stop)
    app = create_app(make_settings(dsn))
    async with running(app), asking(app) as api:
        assert (await api.get("/healthz")).status_code == 200
        assert (await api.get("/v1/clients")).status_code == 503
        await asyncio.to_thread(own_postgres.start)
        await own_postgres.wait_ready_async()
        unmigrated = (await api.get("/readyz")).json()["dependencies"]["postgres"]
        await asyncio.to_thread(migrate, dsn)

        async def is_authorised() -> bool:
            return (await api.get("/v1/clients")).status_code == 200

        assert await eventually(is_authorised)
    assert "mlmon-config-api migrate" in unmigrated


async def test_replicas_may_migrate_at_the_same_moment(postgres_dsn: str) -> None:
    await asyncio.gather(*(asyncio.to_thread(migrate, postgres_dsn) for _ in range(4)))

    connection = await asyncpg.connect(postgres_dsn.replace("+asyncpg", ""))
    try:
        versions = await connection.fetch("SELECT version_num FROM alembic_version")
        revisions = await connection.fetch("SELECT revision FROM config_revision")
    finally:
        await connection.close()
    assert (len(versions), [row["revision"] for row in revisions]) == (1, [0])


def test_migrating_a_server_that_is_away_says_so() -> None:
    with pytest.raises(StoreUnavailableError):
        migrate("postgresql://nobody@127.0.0.1:1/nothing")


def run_command(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "mlmon_config_api", *arguments],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_command_migrates(postgres_dsn: str) -> None:
    finished = run_command("migrate", MLMON_CONFIG_API_DATABASE_URL=postgres_dsn)

    assert (finished.returncode, finished.stdout) == (0, "")


def test_command_names_a_missing_setting() -> None:
    finished = run_command("migrate")

    assert finished.returncode == os.EX_CONFIG
    assert "MLMON_CONFIG_API_DATABASE_URL" in finished.stderr
