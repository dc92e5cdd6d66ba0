import hashlib
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from mlmon_config_api.app import create_app
from mlmon_shared.errors import ConfigurationError
from mlmon_shared.testing.clocks import FakeClock
from mlmon_shared.testing.polling import eventually

from .conftest import (
    ADMIN,
    SERVICE,
    a_definition,
    a_pool,
    asking,
    faults_of,
    make_settings,
    running,
)


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def make_token(api: httpx.AsyncClient, *scopes: str, **more: object) -> dict[str, Any]:
    request = {"name": "-".join(["t", *scopes]), "scopes": scopes, **more}
    response = await api.post("/v1/tokens", json=request)
    assert response.status_code == 201, response.text
    created: dict[str, Any] = response.json()
    return created


async def snapshot_of(api: httpx.AsyncClient) -> dict[str, Any]:
    found: dict[str, Any] = (await api.get("/v1/snapshot", headers=bearer(SERVICE))).json()
    return found


async def test_secret_is_shown_once_and_stored_as_a_hash(api: httpx.AsyncClient) -> None:
    created = await make_token(api, "reader")

    assert created["token"].startswith("mlm_")
    shown = (await api.get(f"/v1/tokens/{created['id']}")).text
    listed = (await api.get("/v1/tokens")).text
    assert created["token"] not in shown + listed
    assert "sha256" not in shown + listed
    hashes = {record["sha256"] for record in (await snapshot_of(api))["tokens"]}
    assert hashlib.sha256(created["token"].encode()).hexdigest() in hashes


async def test_tokens_are_listed_by_name(api: httpx.AsyncClient) -> None:
    await make_token(api, "reader")

    names = [item["name"] for item in (await api.get("/v1/tokens")).json()["items"]]

    assert names == ["bootstrap-admin", "bootstrap-service", "t-reader"]


async def test_reader_sees_its_own_token_and_no_other(api: httpx.AsyncClient) -> None:
    created = await make_token(api, "reader")
    secret = created.pop("token")

    own = await api.get("/v1/tokens/current", headers=bearer(secret))
    by_id = await api.get(f"/v1/tokens/{created['id']}", headers=bearer(secret))

    assert own.json() == created
    assert by_id.status_code == 403


async def test_revoked_token_is_refused_and_leaves_the_snapshot(api: httpx.AsyncClient) -> None:
    created = await make_token(api, "reader")

    assert (await api.delete(f"/v1/tokens/{created['id']}")).status_code == 204

    answer = await api.get("/v1/clients", headers=bearer(created["token"]))
    assert answer.status_code == 401
    assert created["id"] not in [record["id"] for record in (await snapshot_of(api))["tokens"]]
    assert (await api.get(f"/v1/tokens/{created['id']}")).status_code == 404


async def test_revoking_twice_changes_nothing_more(api: httpx.AsyncClient) -> None:
    created = await make_token(api, "reader")
    await api.delete(f"/v1/tokens/{created['id']}")
    before = (await snapshot_of(api))["config_revision"]

    response = await api.delete(f"/v1/tokens/{created['id']}")

    assert response.status_code == 204
    assert (await snapshot_of(api))["config_revision"] == before


async def test_unknown_token_cannot_be_revoked(api: httpx.AsyncClient) -> None:
    assert (await api.delete("/v1/tokens/nothing")).status_code == 404


async def test_name_in_use_is_a_conflict_until_revoked(api: httpx.AsyncClient) -> None:
    created = await make_token(api, "reader")
    request = {"name": created["name"], "scopes": ["reader"]}

    refused = await api.post("/v1/tokens", json=request)
    await api.delete(f"/v1/tokens/{created['id']}")
    accepted = await api.post("/v1/tokens", json=request)

    assert (refused.status_code, accepted.status_code) == (409, 201)


async def test_token_expires(api: httpx.AsyncClient, clock: FakeClock) -> None:
    expires_at = (clock.now() + timedelta(hours=1)).isoformat()
    created = await make_token(api, "reader", expires_at=expires_at)
    headers = bearer(created["token"])
    assert (await api.get("/v1/clients", headers=headers)).status_code == 200

    clock.advance(3600)

    assert (await api.get("/v1/clients", headers=headers)).status_code == 401


@pytest.mark.parametrize(
    ("request_", "pointer"),
    [
        ({"scopes": ["agent"]}, "/pool"),
        ({"scopes": ["agent"], "pool": "cpuu"}, "/pool"),
        ({"scopes": ["reader"], "pool": "cpu"}, "/pool"),
        ({"scopes": []}, "/scopes"),
        ({"scopes": ["root"]}, "/scopes/0"),
        ({"scopes": ["reader"], "expires_at": "2026-01-05T11:00:00Z"}, "/expires_at"),
        ({"scopes": ["reader"], "expires_at": "2027-01-05T11:00:00"}, "/expires_at"),
        ({"scopes": ["reader"], "expires_at": "9999-12-31T23:59:59-12:00"}, "/expires_at"),
        ({"scopes": ["reader"], "secret": "x"}, "/secret"),
    ],
)
async def test_bad_token_request_is_refused_at_its_place(
    api: httpx.AsyncClient, request_: dict[str, Any], pointer: str
) -> None:
    await api.put("/v1/pools/cpu", json=a_pool("cpu"))

    response = await api.post("/v1/tokens", json={"name": "t", **request_})

    assert list(faults_of(response)) == [pointer]


async def test_agent_token_names_its_pool(api: httpx.AsyncClient) -> None:
    await api.put("/v1/pools/cpu", json=a_pool("cpu"))

    created = await make_token(api, "agent", pool="cpu")

    records = {record["id"]: record for record in (await snapshot_of(api))["tokens"]}
    assert records[created["id"]]["pool"] == "cpu"


REQUESTS: dict[str, tuple[str, str, Any]] = {
    "apply": ("POST", "/v1/job-definitions", a_definition()),
    "put client": ("PUT", "/v1/clients/a", {"name": "a"}),
    "put pool": ("PUT", "/v1/pools/cpu", a_pool("cpu")),
    "create token": ("POST", "/v1/tokens", {"name": "n", "scopes": ["reader"]}),
    "list tokens": ("GET", "/v1/tokens", None),
    "get token": ("GET", "/v1/tokens/x", None),
    "revoke token": ("DELETE", "/v1/tokens/x", None),
    "put user": ("PUT", "/v1/users/x", {"name": "x", "roles": ["reader"]}),
    "list users": ("GET", "/v1/users", None),
    "get user": ("GET", "/v1/users/x", None),
    "set password": ("PUT", "/v1/users/x/password", {"password": "p"}),
    "invite user": ("POST", "/v1/users/x/invitation", None),
    "remove user": ("DELETE", "/v1/users/x", None),
    "list definitions": ("GET", "/v1/job-definitions", None),
    "get definition": ("GET", "/v1/job-definitions/x", None),
    "list versions": ("GET", "/v1/job-definitions/x/versions", None),
    "get version": ("GET", "/v1/job-definitions/x/versions/1", None),
    "list clients": ("GET", "/v1/clients", None),
    "get client": ("GET", "/v1/clients/x", None),
    "list pools": ("GET", "/v1/pools", None),
    "get pool": ("GET", "/v1/pools/x", None),
    "put secret": ("PUT", "/v1/secrets/x", {"name": "x", "value": "hunter2"}),
    "delete secret": ("DELETE", "/v1/secrets/x", None),
    "list secrets": ("GET", "/v1/secrets", None),
    "get secret": ("GET", "/v1/secrets/x", None),
    "snapshot": ("GET", "/v1/snapshot", None),
}
ADMIN_REQUESTS = {name for name in REQUESTS if name.endswith(("user", "users", "password"))} | {
    "create token",
    "list tokens",
    "get token",
    "revoke token",
}
READS = {name for name, request in REQUESTS.items() if request[0] == "GET"} - {
    "snapshot",
    *ADMIN_REQUESTS,
}
ALLOWED = {
    "admin": set(REQUESTS) - {"snapshot"},
    "operator": READS | {"put client", "put pool", "put secret", "delete secret"},
    "author": READS | {"apply"},
    "submitter": READS,
    "reader": READS,
    "service": READS | {"snapshot"},
    "agent": set(),
}


@pytest.mark.parametrize("scope", ALLOWED)
async def test_scope_opens_its_endpoints_and_no_others(api: httpx.AsyncClient, scope: str) -> None:
    await api.put("/v1/pools/cpu", json=a_pool("cpu"))
    more = {"pool": "cpu"} if scope == "agent" else {}
    headers = bearer((await make_token(api, scope, **more))["token"])

    opened = set()
    for name, (method, path, body) in REQUESTS.items():
        response = await api.request(method, path, json=body, headers=headers)
        if response.status_code != 403:
            assert response.status_code < 500
            opened.add(name)

    assert opened == ALLOWED[scope]


@pytest.mark.parametrize("header", ["", "Bearer nonsense", "Bearer ", "Basic YTpi"])
@pytest.mark.parametrize("name", REQUESTS)
async def test_without_a_known_token_nothing_opens(
    api: httpx.AsyncClient, name: str, header: str
) -> None:
    method, path, _ = REQUESTS[name]

    response = await api.request(method, path, headers={"Authorization": header})

    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == "Bearer"
    assert response.headers["Content-Type"] == "application/problem+json"


async def test_changed_bootstrap_secret_replaces_the_old_one(
    database_url: str, tmp_path: Path
) -> None:
    file = tmp_path / "token"
    settings = make_settings(database_url, admin_token=None, admin_token_file=file)
    answers = []
    # The last one is the first again: a file may be rolled back.
    for secret in ("one-secret", "two-secret", "one-secret"):
        file.write_text(f"{secret}\n")
        app = create_app(settings)
        async with running(app), asking(app, None) as client:
            for asked in ("one-secret", "two-secret"):
                response = await client.get("/v1/clients", headers=bearer(asked))
                answers.append(response.status_code)

    assert answers == [200, 401, 401, 200, 200, 401]


async def test_bootstrap_token_of_agents_comes_with_its_pool(database_url: str) -> None:
    app = create_app(make_settings(database_url, agent_token="agent-secret", agent_pool="cpu"))
    async with running(app), asking(app) as client:

        async def tokens() -> dict[str, Any]:
            listed = (await client.get("/v1/tokens")).json()["items"]
            return {token["name"]: (token["scopes"], token["pool"]) for token in listed}

        before = await tokens()
        await client.put("/v1/pools/cpu", json=a_pool("cpu"))

        async def agent_token() -> Any:
            return (await tokens()).get("bootstrap-agent")

        found = await eventually(agent_token)

    assert sorted(before) == ["bootstrap-admin", "bootstrap-service"]
    assert found == (["agent"], "cpu")


async def test_restart_with_the_same_secret_changes_nothing(database_url: str) -> None:
    revisions = []
    for _ in range(2):
        app = create_app(make_settings(database_url))
        async with running(app), asking(app) as client:
            revisions.append((await snapshot_of(client))["config_revision"])

    assert revisions[0] == revisions[1]


@pytest.mark.parametrize(
    "changed",
    [
        {"admin_token": SERVICE},
        {"agent_token": ADMIN},
        {"admin_token": ""},
        {"database_url": "mysql://db/x"},
    ],
)
async def test_unusable_settings_are_refused(changed: dict[str, Any]) -> None:
    settings = make_settings("postgresql://nowhere/x", **changed)

    with pytest.raises(ConfigurationError):
        create_app(settings)


async def test_secrets_are_not_shown_with_the_settings() -> None:
    shown = repr(make_settings("postgresql://u:hidden@db/x"))

    assert not [secret for secret in ("hidden", ADMIN, SERVICE) if secret in shown]


async def test_token_is_limited_to_clients_and_jobs_that_exist(api: httpx.AsyncClient) -> None:
    for name in ("bolt", "acme"):
        await api.put(f"/v1/clients/{name}", json={"name": name})
    await api.post("/v1/job-definitions", json=a_definition("train"))

    created = await make_token(api, "submitter", clients=["bolt", "acme"], jobs=["train"])

    assert (created["clients"], created["jobs"]) == (["acme", "bolt"], ["train"])
    (record,) = [
        record for record in (await snapshot_of(api))["tokens"] if record["id"] == created["id"]
    ]
    assert (record["clients"], record["jobs"]) == (["acme", "bolt"], ["train"])


async def test_unknown_limits_are_refused_with_the_nearest_names(api: httpx.AsyncClient) -> None:
    await api.put("/v1/clients/acme", json={"name": "acme"})

    refused = await api.post(
        "/v1/tokens",
        json={"name": "t", "scopes": ["reader"], "clients": ["acme", "acmee"], "jobs": ["tra"]},
    )

    assert faults_of(refused) == {
        "/clients/1": 'no client is named "acmee"; did you mean "acme"?',
        "/jobs/0": 'no job is named "tra"',
    }


@pytest.mark.parametrize("scope", ["admin", "operator", "author", "service"])
async def test_only_submitters_and_readers_are_limited(api: httpx.AsyncClient, scope: str) -> None:
    await api.put("/v1/clients/acme", json={"name": "acme"})

    refused = await api.post(
        "/v1/tokens", json={"name": "t", "scopes": ["reader", scope], "clients": ["acme"]}
    )

    assert list(faults_of(refused)) == ["/clients"]


async def test_limited_token_is_refused_what_concerns_all(api: httpx.AsyncClient) -> None:
    await api.put("/v1/clients/acme", json={"name": "acme"})
    secret = (await make_token(api, "reader", clients=["acme"]))["token"]

    own = await api.get("/v1/tokens/current", headers=bearer(secret))
    refused = await api.get("/v1/pools", headers=bearer(secret))

    assert own.json()["clients"] == ["acme"]
    assert refused.status_code == 403
    assert "limited to the client acme" in refused.json()["detail"]
