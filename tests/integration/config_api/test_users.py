from typing import Any

import httpx
import pytest

from mlmon_shared.embedded.postgres import EmbeddedPostgres

from .conftest import faults_of, revision_of

PASSWORD = "tulip orbit seven"


async def put_user(api: httpx.AsyncClient, name: str = "ann", **more: Any) -> httpx.Response:
    document = {"name": name, "roles": ["operator"], **more}
    return await api.put(f"/v1/users/{name}", json=document)


async def give_password(
    api: httpx.AsyncClient, name: str = "ann", password: str = PASSWORD
) -> None:
    response = await api.put(f"/v1/users/{name}/password", json={"password": password})
    assert response.status_code == 204, response.text


async def test_user_is_created_changed_listed_and_removed(api: httpx.AsyncClient) -> None:
    created = await put_user(api, email="ann@example.com")
    changed = await put_user(api, roles=["author", "operator"])
    await put_user(api, "bob")

    listed = (await api.get("/v1/users", params={"limit": 1})).json()
    rest = (await api.get("/v1/users", params={"cursor": listed["next_cursor"]})).json()
    assert (created.status_code, changed.status_code) == (201, 200)
    assert [user["name"] for user in [*listed["items"], *rest["items"]]] == ["ann", "bob"]
    shown = (await api.get("/v1/users/ann")).json()
    assert shown["roles"] == ["author", "operator"]
    assert not shown["has_password"]
    assert (await api.delete("/v1/users/ann")).status_code == 204
    assert (await api.get("/v1/users/ann")).status_code == 404


async def test_saving_the_same_user_changes_nothing(api: httpx.AsyncClient) -> None:
    await put_user(api)
    before = await revision_of(api)

    again = (await put_user(api)).json()

    assert again["change"] == "unchanged"
    assert await revision_of(api) == before


async def test_somebody_else_s_change_is_not_overwritten(api: httpx.AsyncClient) -> None:
    await put_user(api)
    read = await api.get("/v1/users/ann")
    await put_user(api, roles=["reader"])

    headers = {"If-Match": read.headers["ETag"]}
    refused = await api.put(
        "/v1/users/ann", json={"name": "ann", "roles": ["admin"]}, headers=headers
    )
    kept = await api.delete("/v1/users/ann", headers=headers)

    assert (refused.status_code, kept.status_code) == (412, 412)
    assert refused.json()["changed_by"] == "bootstrap-admin"


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"roles": []}, "/roles"),
        ({"roles": ["root"]}, "/roles/0"),
        ({"email": "nobody"}, "/email"),
        ({"password": PASSWORD}, "/password"),
        ({"name": "current"}, "/name"),
        ({"name": "Ann"}, "/name"),
    ],
)
async def test_bad_user_is_refused_at_its_place(
    api: httpx.AsyncClient, fields: dict[str, Any], pointer: str
) -> None:
    response = await api.put("/v1/users/ann", json={"name": "ann", "roles": ["reader"], **fields})

    assert list(faults_of(response)) == [pointer]


async def test_user_and_token_never_have_one_name(api: httpx.AsyncClient) -> None:
    await put_user(api)

    token = await api.post("/v1/tokens", json={"name": "ann", "scopes": ["reader"]})
    user = await put_user(api, "bootstrap-admin")

    assert (token.status_code, user.status_code) == (409, 409)


async def test_identity_belongs_to_one_user(api: httpx.AsyncClient) -> None:
    identity = {"issuer": "https://login.example", "subject": "1"}
    await put_user(api, identity=identity)

    assert (await put_user(api, "bob", identity=identity)).status_code == 409


async def test_audit_and_answers_hold_no_password(
    api: httpx.AsyncClient, postgres_server: EmbeddedPostgres, config_database: str
) -> None:
    await put_user(api)
    await give_password(api)
    short = await api.put("/v1/users/ann/password", json={"password": "hunter2"})
    wrong = await api.put("/v1/users/ann/password", json={"password": ["hunter2"]})

    events = (await api.get("/v1/audit-events", params={"kind": "user"})).json()["items"]
    assert [event["action"] for event in events] == ["password-set", "created"]
    shown = f"{events} {(await api.get('/v1/users/ann')).text} {short.text}"
    assert "argon2" not in shown
    assert "hunter2" not in shown
    assert PASSWORD not in shown
    assert list(faults_of(short)) == ["/password"]
    assert list(faults_of(wrong)) == ["/password"]


async def test_password_of_nobody_cannot_be_set(api: httpx.AsyncClient) -> None:
    response = await api.put("/v1/users/nobody/password", json={"password": PASSWORD})

    assert response.status_code == 404
