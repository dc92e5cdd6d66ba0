import logging
from typing import Any

import asyncpg
import httpx
import pytest

from mlmon_shared.embedded.postgres import EmbeddedPostgres
from tests.integration.config_api.conftest import (
    SERVICE,
    a_definition,
    apply,
    faults_of,
    make_settings,
    revision_of,
)
from tests.integration.config_api.secrets.conftest import VALUE, opened, put, sealed


async def test_value_goes_in_and_is_in_nothing_that_comes_out(
    api: httpx.AsyncClient,
    postgres_server: EmbeddedPostgres,
    config_database: str,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    answers = [
        await put(api, value=VALUE, description="Of the warehouse.", jobs=["delay-train"]),
        await put(api, value=VALUE),
        # Refused in every way that could quote it.
        await put(api, value=VALUE, source="ssm:/x"),
        await put(api, value=VALUE, password=VALUE),
        await put(api, value=[VALUE]),
        await put(api, value=VALUE * 5000),
        await put(api, source=VALUE),
        await api.put("/v1/secrets/db", json=VALUE),
        await api.put("/v1/secrets/other", json={"name": "db", "value": VALUE}),
        await api.put("/v1/secrets/db", content=f'{{"value": "{VALUE}",'),
        await api.put(
            "/v1/secrets/db",
            content=f'{{"name": "db", "value": "{VALUE}", }}',
            headers={"Content-Type": "application/json"},
        ),
        await api.put(
            "/v1/secrets/db",
            content=f"value: *{VALUE}",
            headers={"Content-Type": "application/yaml"},
        ),
        await api.get("/v1/secrets"),
        await api.get("/v1/secrets/db"),
        await api.get("/v1/audit-events"),
        await api.get("/openapi.json"),
        await api.get("/v1/snapshot", headers={"Authorization": f"Bearer {SERVICE}"}),
        await api.get("/metrics"),
        await api.delete("/v1/secrets/db"),
        await api.get("/v1/audit-events"),
    ]

    assert [answer.status_code for answer in answers[:13]] == [
        201,
        200,
        *[422] * 7,
        415,
        422,
        415,
        200,
    ]
    said = [answer.text + str(answer.headers) for answer in answers]
    assert [text for text in said if VALUE in text] == []
    printed = capsys.readouterr()
    assert VALUE not in caplog.text + printed.out + printed.err


async def test_value_is_in_the_database_only_encrypted(
    api: httpx.AsyncClient, database_url: str
) -> None:
    await put(api, value=VALUE)

    assert await opened(api) == VALUE

    connection = await asyncpg.connect(database_url.replace("+asyncpg", ""))
    rows = [dict(row) for row in await connection.fetch("SELECT * FROM secrets")]
    rows += [dict(row) for row in await connection.fetch("SELECT * FROM audit_events")]
    await connection.close()
    assert rows[0]["name"] == "db"
    assert VALUE not in str(rows)


async def test_new_value_is_the_next_version_and_keeps_the_rest(api: httpx.AsyncClient) -> None:
    first = await put(api, value="one", clients=["AA"], description="d")
    second = await put(api, value="two")
    third = await put(api, clients="any")
    fourth = await put(api, clients="any")

    results = [answer.json() for answer in (first, second, third, fourth)]
    assert [result["change"] for result in results] == [
        "created",
        "changed",
        "changed",
        "unchanged",
    ]
    assert [result["version"] for result in results[:3]] == [1, 2, 2]
    found = (await api.get("/v1/secrets/db")).json()
    assert (found["version"], found["clients"], found["description"]) == (2, "any", "d")
    assert await opened(api) == "two"
    events = (await api.get("/v1/audit-events", params={"kind": "secret"})).json()["items"]
    assert [event["after"]["version"] for event in events] == [2, 2, 1]
    assert events[1]["before"] == {**events[1]["after"], "version": 1}


async def test_box_stays_the_same_while_nothing_changes(api: httpx.AsyncClient) -> None:
    await put(api, value=VALUE)
    revision = await revision_of(api)
    first = await sealed(api)
    await put(api, "other", value=VALUE)

    assert await sealed(api) == first
    assert await revision_of(api) == revision + 1


async def test_new_secret_needs_a_value(api: httpx.AsyncClient) -> None:
    assert list(faults_of(await put(api, description="d"))) == ["/value"]
    assert (await api.get("/v1/secrets/db")).status_code == 404


async def test_definition_may_name_secrets_that_are_for_its_job(api: httpx.AsyncClient) -> None:
    await put(api, value=VALUE, jobs=["other"], clients=["AA"])

    refused = faults_of(await apply(api, a_definition(secrets={"URL": "db"})))
    await put(api, jobs=["other", "delay-train"])
    allowed = await apply(api, a_definition(secrets={"URL": "db"}), params={"dry_run": "true"})

    assert refused == {"/secrets/URL": 'the secret "db" is for other, not for this job'}
    warnings = {each["pointer"]: each["detail"] for each in allowed.json()["warnings"]}
    assert "is for AA; runs for other clients are refused" in warnings["/secrets/URL"]


async def test_secret_in_use_is_not_deleted_nor_taken_away_silently(
    api: httpx.AsyncClient,
) -> None:
    await put(api, value=VALUE)
    await apply(api, a_definition(secrets={"URL": "db"}))

    refused = await api.delete("/v1/secrets/db")
    narrowed = await put(api, jobs=["other"])
    await apply(api, a_definition())
    deleted = await api.delete("/v1/secrets/db")

    assert refused.status_code == 409
    assert "delay-train names the secret" in refused.json()["detail"]
    assert narrowed.json()["warnings"][0]["pointer"] == "/jobs"
    assert deleted.json()["change"] == "changed"
    assert (await api.get("/v1/secrets")).json()["items"] == []


async def test_change_of_what_somebody_else_changed_is_refused(api: httpx.AsyncClient) -> None:
    await put(api, value=VALUE)
    etag = (await api.get("/v1/secrets/db")).headers["ETag"]
    await put(api, value="another")

    response = await api.put(
        "/v1/secrets/db", json={"name": "db", "value": "mine"}, headers={"If-Match": etag}
    )

    assert response.status_code == 412
    assert await opened(api) == "another"


async def test_server_without_keys_says_how_to_set_them(database_url: str, serving: Any) -> None:
    async with serving(make_settings(database_url)) as bare:
        response = await put(bare, value=VALUE)

    assert response.status_code == 409
    assert "MLMON_CONFIG_API_SECRETS_KEY_FILE" in response.json()["detail"]


async def test_scope_of_somebody_unknown_is_warned_of(api: httpx.AsyncClient) -> None:
    await api.put("/v1/clients/acme", json={"name": "acme"})

    saved = await put(api, value=VALUE, clients=["acme", "acmee"], jobs=["delay-train"])

    assert saved.status_code == 201
    assert {each["pointer"]: each["detail"] for each in saved.json()["warnings"]} == {
        "/clients/1": 'no client is named "acmee"; did you mean "acme"?',
        "/jobs/0": 'no job is named "delay-train"',
    }


async def test_secret_that_somebody_has_rotated_meanwhile_is_not_removed(
    api: httpx.AsyncClient,
) -> None:
    await put(api, value=VALUE)
    seen = (await api.get("/v1/secrets/db")).json()["etag"]
    await put(api, value="another")

    late = await api.delete("/v1/secrets/db", headers={"If-Match": seen})

    assert late.status_code == 412
    assert [change["places"] for change in late.json()["changes"]] == [
        [{"pointer": "/version", "before": 1, "after": 2}]
    ]
    assert (await api.get("/v1/secrets/db")).status_code == 200
