"""Requests that the scheduler refuses, each leaving nothing behind."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio

from tests.integration.scheduler.http.agents import FakeAgent
from tests.integration.scheduler.http.services import Services

pytestmark = pytest.mark.asyncio(loop_scope="session")
JSON = {"Content-Type": "application/json"}


@pytest_asyncio.fixture(loop_scope="session", autouse=True)
async def nothing_is_stored(services: Services) -> AsyncIterator[None]:
    yield
    for query in ("", "?state=queued", "?state=delayed", "?state=blocked"):
        page = (await services.ask("GET", f"/v1/runs{query}")).json()
        assert page["items"] == []
    assert (await services.ask("GET", "/v1/batches")).json()["items"] == []


async def submit(services: Services, **fields: Any) -> httpx.Response:
    body = {"job": "echo", "client": "acme", **fields}
    return await services.ask("POST", "/v1/runs", json=body)


def faults_of(response: httpx.Response) -> dict[str, str]:
    """The faults of a 422 by pointer."""
    assert response.status_code == 422, response.text
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.json()["type"] == "urn:mlmon:problem:invalid-request"
    return {fault["pointer"]: fault["detail"] for fault in response.json()["errors"]}


async def test_unknown_names_are_refused_with_the_nearest(services: Services):
    faults = faults_of(await submit(services, job="ecko", client="acmee"))

    assert faults == {
        "/job": 'no job is named "ecko"; did you mean "echo"?',
        "/client": 'no client is named "acmee"; did you mean "acme"?',
    }


async def test_unknown_field_is_refused_with_the_nearest(services: Services):
    faults = faults_of(await submit(services, priorty=3))

    assert faults == {"/priorty": 'unknown field; did you mean "priority"?'}


async def test_unknown_version_is_refused_with_the_newest(services: Services):
    faults = faults_of(await submit(services, version=7))

    assert faults == {"/version": "echo has no version 7; the newest is 1"}


async def test_version_that_no_database_could_hold_is_refused(services: Services):
    response = await submit(services, version=2**70)

    assert response.status_code == 422


@pytest.mark.parametrize(
    ("params", "pointer", "detail"),
    [
        ({"month": 13}, "/params/month", "13 is greater than the maximum of 12"),
        ({"month": "May"}, "/params/month", "'May' is not of type 'integer': \"May\""),
        ({"mont": 5}, "/params/mont", 'no parameter is named "mont"; did you mean "month"?'),
        ({"a/b": 5}, "/params/a~1b", 'no parameter is named "a/b"'),
        (
            {"options": {"deep": 5}},
            "/params/options/deep",
            'no parameter is named "deep"; did you mean "depth"?',
        ),
    ],
)
async def test_parameter_outside_the_schema_is_refused_at_its_place(
    services: Services, params: dict[str, Any], pointer: str, detail: str
):
    assert faults_of(await submit(services, params=params)) == {pointer: detail}


async def test_missing_parameter_is_refused(services: Services):
    faults = faults_of(await submit(services, job="strict"))

    assert faults == {"/params": "'month' is a required property"}


@pytest.mark.parametrize(
    ("value", "detail"),
    [
        ("NaN", "nan is not a number that JSON has"),
        ("1e999", "inf is not a number that JSON has"),
        ('"\\ud800"', "the text holds half a character (a lone surrogate)"),
        ('{"\\ud800": 1}', "a name holds half a character (a lone surrogate)"),
    ],
)
async def test_parameter_that_nobody_could_read_back_is_refused(
    services: Services, value: str, detail: str
):
    body = f'{{"job": "strict", "client": "acme", "params": {{"month": [{value}]}}}}'
    response = await services.ask("POST", "/v1/runs", content=body.encode(), headers=JSON)

    assert faults_of(response) == {"/params/month/0": detail}


async def test_parameters_nested_too_deep_are_refused(services: Services):
    deep = "[" * 300 + "]" * 300
    body = f'{{"job": "strict", "client": "acme", "params": {{"month": {deep}}}}}'
    response = await services.ask("POST", "/v1/runs", content=body.encode(), headers=JSON)

    assert faults_of(response) == {"/params": "parameters may be nested 100 deep"}


@pytest.mark.parametrize(
    ("not_before", "detail"),
    [
        ("2030-01-01T00:00:00", "say the offset too: 2026-01-05T12:00:00Z"),
        ("9999-12-31T23:59:59-12:00", "the year lies outside 1 to 9999"),
        ("0001-01-01T00:00:00+14:00", "the year lies outside 1 to 9999"),
    ],
)
async def test_time_that_is_no_moment_is_refused(services: Services, not_before: str, detail: str):
    assert faults_of(await submit(services, not_before=not_before)) == {"/not_before": detail}
    assert faults_of(await submit(services, start_by=not_before)) == {"/start_by": detail}


async def test_run_that_would_expire_before_it_may_start_is_refused(services: Services):
    moment = "2030-01-01T00:00:00Z"

    faults = faults_of(await submit(services, not_before=moment, start_by=moment))

    assert faults == {"/start_by": "must lie after not_before"}


async def test_job_that_fits_no_host_any_more_is_refused_with_the_nearest(services: Services):
    definition = {"name": "vast", "image": "vast:1", "command": ["x"], "resources": {"cpu": 6}}
    pool = {"name": "shrunk", "resources": {"cpu": 6, "memory": "1Gi"}}
    admin = services.transport("config-api", "admin-secret")
    await admin.send("PUT", "/v1/pools/shrunk", json=pool)
    await admin.send("POST", "/v1/job-definitions", json={**definition, "pools": ["shrunk"]})
    smaller = {"name": "shrunk", "resources": {"cpu": 4, "memory": "1Gi"}}
    changed = (await admin.send("PUT", "/v1/pools/shrunk", json=smaller)).json()
    headers = {"MLMon-Config-Revision": str(changed["config_revision"])}

    body = {"job": "vast", "client": "acme"}
    response = await services.ask("POST", "/v1/runs", json=body, headers=headers)

    assert faults_of(response) == {
        "/job": "vast cannot be placed: no host is large enough; the nearest is pool shrunk, "
        "which has 4 cores where 6 are asked for"
    }


async def test_unknown_parent_is_refused(services: Services):
    faults = faults_of(await submit(services, depends_on=[{"run": "nowhere"}]))

    assert faults == {"/depends_on/0/run": "there is no run nowhere"}


@pytest.mark.parametrize("run", ["", "../x", "x" * 101])
async def test_parent_that_can_be_no_run_is_refused_as_such(services: Services, run: str):
    faults = faults_of(await submit(services, depends_on=[{"run": run}]))

    assert faults == {"/depends_on/0/run": f'"{run[:100]}" is not the id of a run'}


@pytest.mark.parametrize("body", [b"{", b"", b"run it", b"[]", b"null"])
async def test_body_that_is_no_submission_is_refused(services: Services, body: bytes):
    response = await services.ask("POST", "/v1/runs", content=body, headers=JSON)

    assert faults_of(response)


async def test_body_over_the_limit_is_refused(services: Services):
    body = b" " * (32 * 2**20 + 1)
    response = await services.ask("POST", "/v1/batches", content=body, headers=JSON)

    assert response.status_code == 413
    assert response.json()["type"] == "urn:mlmon:problem:payload-too-large"


async def test_unknown_path_is_a_problem_that_echoes_the_request_id(services: Services):
    headers = {"X-Request-Id": "asked-by-a-test"}
    response = await services.ask("GET", "/v1/nothing", headers=headers)

    assert response.status_code == 404
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.headers["X-Request-Id"] == "asked-by-a-test"
    assert response.json()["request_id"] == "asked-by-a-test"
    assert response.json()["type"] == "urn:mlmon:problem:not-found"


async def test_wrong_method_is_a_problem_with_a_request_id(services: Services):
    response = await services.ask("DELETE", "/v1/runs")

    assert response.status_code == 405
    assert response.json()["type"] == "urn:mlmon:problem:method-not-allowed"
    assert response.json()["request_id"] == response.headers["X-Request-Id"]


@pytest.mark.parametrize("token", [None, "unknown"])
async def test_request_without_a_known_token_is_unauthenticated(
    services: Services, token: str | None
):
    body = {"job": "echo", "client": "acme"}
    response = await services.ask("POST", "/v1/runs", json=body, token=token)

    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize(
    ("token", "method", "path"),
    [
        ("reader", "POST", "/v1/runs"),
        ("reader", "POST", "/v1/batches"),
        ("reader", "POST", "/v1/runs/some/cancel"),
        ("reader", "POST", "/v1/batches/some/cancel"),
        ("reader", "POST", "/v1/runs/some/hold"),
        ("reader", "POST", "/v1/runs/some/release"),
        ("reader", "POST", "/v1/batches/some/hold"),
        ("reader", "POST", "/v1/batches/some/release"),
        ("agent-cpu", "POST", "/v1/runs"),
        ("agent-cpu", "GET", "/v1/runs"),
        ("submitter", "POST", "/agent/v1/register"),
    ],
)
async def test_token_without_the_scope_is_forbidden(
    services: Services, token: str, method: str, path: str
):
    body = {
        "job": "echo", "client": "acme", "items": [{"key": "a", "job": "echo", "client": "acme"}],
        "host": "h", "boot_id": "b", "capacity": {}, "runtime": "process", "agent_version": "1",
    }  # fmt: skip
    response = await services.ask(method, path, json=body, token=token)

    assert response.status_code == 403
    assert response.json()["type"] == "urn:mlmon:problem:forbidden"


@pytest.mark.parametrize("token", ["submitter", "agent-cpu", "mla1.forged.signature"])
async def test_agent_endpoints_take_session_tokens_only(services: Services, token: str):
    response = await services.ask(
        "POST", "/agent/v1/beat", json={"session": "s", "held": []}, token=token
    )

    assert response.status_code == 401


async def test_token_that_is_not_ascii_is_unauthenticated(services: Services):
    headers = {b"Authorization": "Bearer mla1.pâyload.é".encode("latin-1")}
    response = await services.http.post(f"{services.url}/agent/v1/beat", json={}, headers=headers)

    assert response.status_code == 401


async def test_session_token_is_no_token_of_the_public_api(services: Services, agent: FakeAgent):
    response = await services.ask("GET", "/v1/runs", token=agent.registered.token)

    assert response.status_code == 401


@pytest.mark.parametrize("cursor", ["xx", "%ff", "aWQ", "YXQ6eA=="])
async def test_foreign_cursor_is_refused(services: Services, cursor: str):
    for path in ("/v1/runs", "/v1/batches"):
        response = await services.ask("GET", f"{path}?cursor={cursor}")

        assert response.status_code == 422


async def test_unknown_run_and_batch_are_missing(services: Services):
    for path in (
        "/v1/runs/x", "/v1/runs/x/wait", "/v1/runs/x/logs", "/v1/runs/x/artifacts",
        "/v1/runs/x/artifacts/y", "/v1/batches/x",
    ):  # fmt: skip
        assert (await services.ask("GET", path)).status_code == 404
    for thing in ("/v1/runs/x", "/v1/batches/x"):
        for change in ("cancel", "hold", "release"):
            assert (await services.ask("POST", f"{thing}/{change}")).status_code == 404
        priority = await services.ask("POST", f"{thing}/priority", json={"priority": 5})
        assert priority.status_code == 404
