import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import cast

import argon2
import httpx
import pytest
from fastapi import FastAPI

from mlmon_config_api.adapters.passwords import Argon2Hasher
from mlmon_shared.testing.clocks import FakeClock

from .conftest import QUICK_HASHER, asking, faults_of
from .test_tokens import ALLOWED, REQUESTS
from .test_users import PASSWORD, give_password, put_user

HOUR = 3600


@pytest.fixture
async def app(api: httpx.AsyncClient) -> FastAPI:
    """The app behind `api`."""
    transport = api._transport
    assert isinstance(transport, httpx.ASGITransport)
    return cast("FastAPI", transport.app)


@pytest.fixture(autouse=True)
async def ann(api: httpx.AsyncClient) -> None:
    await put_user(api)
    await give_password(api)


@asynccontextmanager
async def browser(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with asking(app, token=None) as client:
        client.base_url = httpx.URL("http://localhost")
        yield client


async def sign_in(
    client: httpx.AsyncClient, name: str = "ann", password: str = PASSWORD
) -> httpx.Response:
    response = await client.post("/v1/sessions", json={"name": name, "password": password})
    if response.status_code == 201:
        client.headers["X-CSRF-Token"] = response.json()["csrf_token"]
    return response


@pytest.fixture
async def signed_in(app: FastAPI, ann: None) -> AsyncIterator[httpx.AsyncClient]:
    async with browser(app) as client:
        assert (await sign_in(client)).status_code == 201
        yield client


async def test_session_acts_as_its_user_until_signed_out(
    api: httpx.AsyncClient, signed_in: httpx.AsyncClient
) -> None:
    saved = await signed_in.put("/v1/clients/acme", json={"name": "acme"})
    current = (await signed_in.get("/v1/sessions/current")).json()
    (cookie,) = signed_in.cookies.jar

    left = await signed_in.delete("/v1/sessions/current")

    assert (saved.status_code, left.status_code) == (201, 204)
    assert current["user"] == "ann"
    assert current["scopes"] == ["operator", "reader"]
    event = (await api.get("/v1/audit-events", params={"kind": "client"})).json()["items"][0]
    assert event["by"] == "ann"
    assert list(signed_in.cookies.jar) == []
    signed_in.cookies.jar.set_cookie(cookie)
    assert (await signed_in.get("/v1/clients")).status_code == 401


async def test_cookie_is_kept_from_scripts_and_other_sites(app: FastAPI) -> None:
    async with browser(app) as client:
        here = (await sign_in(client)).headers["Set-Cookie"]
        client.base_url = httpx.URL("http://mlmon.example.com")
        there = (await sign_in(client)).headers["Set-Cookie"]

    assert {"HttpOnly", "Path=/", "SameSite=lax"} <= set(here.split("; "))
    assert "Secure" not in here
    assert there.startswith("__Host-mlmon_session=")
    assert "Secure" in there.split("; ")


@pytest.mark.parametrize(
    "headers",
    [
        {"X-CSRF-Token": ""},
        {"X-CSRF-Token": "0" * 64},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
    ],
)
async def test_forged_request_changes_nothing(
    api: httpx.AsyncClient, signed_in: httpx.AsyncClient, headers: dict[str, str]
) -> None:
    answers = [
        await signed_in.put("/v1/clients/acme", json={"name": "acme"}, headers=headers),
        await signed_in.delete("/v1/sessions/current", headers=headers),
    ]

    assert [answer.status_code for answer in answers] == [403, 403]
    assert (await api.get("/v1/clients/acme")).status_code == 404
    assert (await signed_in.get("/v1/sessions/current")).status_code == 200


async def test_other_site_cannot_sign_anybody_in(app: FastAPI) -> None:
    async with browser(app) as client:
        client.headers["Origin"] = "https://evil.example"

        assert (await sign_in(client)).status_code == 403


async def test_page_of_the_same_origin_may_change_things(signed_in: httpx.AsyncClient) -> None:
    response = await signed_in.put(
        "/v1/clients/acme", json={"name": "acme"}, headers={"Origin": "http://localhost"}
    )

    assert response.status_code == 201


async def test_session_ends_when_it_is_idle(signed_in: httpx.AsyncClient, clock: FakeClock) -> None:
    for _ in range(3):
        clock.advance(7 * HOUR)
        assert (await signed_in.get("/v1/clients")).status_code == 200

    clock.advance(8 * HOUR)

    assert (await signed_in.get("/v1/clients")).status_code == 401


async def test_session_ends_with_its_lifetime_however_it_is_used(
    signed_in: httpx.AsyncClient, clock: FakeClock
) -> None:
    for _ in range(23):
        clock.advance(7 * HOUR)
        assert (await signed_in.get("/v1/clients")).status_code == 200

    clock.advance(7 * HOUR)

    assert (await signed_in.get("/v1/clients")).status_code == 401


async def test_disabled_user_is_out_at_once_and_for_good(
    api: httpx.AsyncClient, signed_in: httpx.AsyncClient
) -> None:
    await put_user(api, is_disabled=True)
    out = await signed_in.get("/v1/clients")
    refused = await sign_in(signed_in)
    await put_user(api)

    assert (out.status_code, refused.status_code) == (401, 401)
    assert (await signed_in.get("/v1/clients")).status_code == 401


async def test_removed_user_is_out_at_once(
    api: httpx.AsyncClient, signed_in: httpx.AsyncClient
) -> None:
    await api.delete("/v1/users/ann")

    assert (await signed_in.get("/v1/clients")).status_code == 401


async def test_roles_are_those_of_now(api: httpx.AsyncClient, signed_in: httpx.AsyncClient) -> None:
    await put_user(api, roles=["reader"])

    refused = await signed_in.put("/v1/clients/acme", json={"name": "acme"})

    assert refused.status_code == 403
    assert '"ann" lacks the scope operator' in refused.json()["detail"]


async def test_answer_does_not_tell_whether_there_is_such_a_user(
    api: httpx.AsyncClient, app: FastAPI
) -> None:
    await put_user(api, "ben")
    await put_user(api, "off")
    await give_password(api, "off")
    await put_user(api, "off", is_disabled=True)

    async with browser(app) as client:
        answers = [
            await sign_in(client, "ann", "tulip orbit eight"),
            await sign_in(client, "nobody"),
            await sign_in(client, "ben"),
            await sign_in(client, "off"),
        ]

    documents = [answer.json() for answer in answers]
    assert [answer.status_code for answer in answers] == [401] * 4
    assert len({document["detail"] for document in documents}) == 1


@pytest.mark.parametrize("field", ["name", "password"])
async def test_what_is_no_text_is_refused(app: FastAPI, field: str) -> None:
    body = json.dumps({"name": "ann", "password": PASSWORD, field: "half \ud800"})
    async with browser(app) as client:
        answer = await client.post(
            "/v1/sessions", content=body, headers={"Content-Type": "application/json"}
        )

    assert answer.status_code == 422


async def test_guessing_is_slowed_down_and_the_right_password_waits_too(
    app: FastAPI, clock: FakeClock
) -> None:
    async with browser(app) as client:
        wrong = [(await sign_in(client, password=f"tulip orbit {n}")).status_code for n in range(6)]
        locked = await sign_in(client)
        clock.advance(2)
        let_in = await sign_in(client)

    assert wrong == [401] * 5 + [429]
    assert locked.status_code == 429
    assert locked.headers["Retry-After"] == "1"
    assert let_in.status_code == 201


async def test_tries_at_the_same_time_are_counted_one_by_one(app: FastAPI) -> None:
    async with browser(app) as client:
        answers = await asyncio.gather(
            *(sign_in(client, password=f"tulip orbit {n}") for n in range(8))
        )

    assert sorted(answer.status_code for answer in answers) == [401] * 5 + [429] * 3


async def test_many_people_of_one_address_sign_in_at_once(
    api: httpx.AsyncClient, app: FastAPI
) -> None:
    names = [f"user{n}" for n in range(6)]
    for name in names:
        await put_user(api, name)
        await give_password(api, name)

    async with browser(app) as client:
        answers = await asyncio.gather(*(sign_in(client, name) for name in names * 3))

    assert [answer.status_code for answer in answers] == [201] * 18


async def test_old_password_cannot_be_guessed_by_who_finds_a_session(
    signed_in: httpx.AsyncClient,
) -> None:
    answers = [
        await signed_in.post(
            "/v1/users/current/password",
            json={"old_password": f"tulip orbit {n}", "new_password": "violet comet nine"},
        )
        for n in range(6)
    ]

    assert [answer.status_code for answer in answers] == [422] * 5 + [429]


async def test_success_lets_failures_be_forgotten(app: FastAPI) -> None:
    async with browser(app) as client:
        for _ in range(2):
            for n in range(4):
                assert (await sign_in(client, password=f"tulip orbit {n}")).status_code == 401
            assert (await sign_in(client)).status_code == 201


async def test_sessions_are_listed_and_ended_one_by_one_or_all(
    app: FastAPI, signed_in: httpx.AsyncClient, clock: FakeClock
) -> None:
    clock.advance(60)
    async with browser(app) as other, browser(app) as third:
        await sign_in(other)
        await sign_in(third)
        listed = (await signed_in.get("/v1/sessions")).json()["items"]
        others = [each["id"] for each in listed if not each["is_current"]]
        ended = await signed_in.delete(f"/v1/sessions/{others[0]}")
        again = await signed_in.delete(f"/v1/sessions/{others[0]}")
        left = [(await each.get("/v1/clients")).status_code for each in (other, third)]
        await signed_in.delete("/v1/sessions")
        after = [(await each.get("/v1/clients")).status_code for each in (other, third, signed_in)]

    assert len(listed) == 3
    assert (ended.status_code, again.status_code) == (204, 404)
    assert sorted(left) == [200, 401]
    assert after == [401] * 3


async def test_own_password_is_changed_with_the_old_one(
    app: FastAPI, signed_in: httpx.AsyncClient
) -> None:
    new = "violet comet nine"
    async with browser(app) as other:
        await sign_in(other)
        wrong = await signed_in.post(
            "/v1/users/current/password", json={"old_password": new, "new_password": new}
        )
        changed = await signed_in.post(
            "/v1/users/current/password", json={"old_password": PASSWORD, "new_password": new}
        )
        elsewhere = await other.get("/v1/clients")
        old = await sign_in(other)
        fresh = await sign_in(other, password=new)

    assert list(faults_of(wrong)) == ["/old_password"]
    assert changed.status_code == 204
    assert elsewhere.status_code == 401
    assert (old.status_code, fresh.status_code) == (401, 201)
    assert (await signed_in.get("/v1/clients")).status_code == 200


async def test_weak_hash_is_replaced_when_its_user_signs_in(
    api: httpx.AsyncClient, app: FastAPI
) -> None:
    weak = Argon2Hasher(argon2.PasswordHasher(time_cost=1, memory_cost=16, parallelism=1))
    store = app.state.snapshot_store
    async with store.access() as access:
        known = (await access.users.find("ann")).password_hash
        await access.users.set_password_hash("ann", await weak.hash(PASSWORD), known=known)

    async with browser(app) as client:
        assert (await sign_in(client)).status_code == 201

    async with store.access() as access:
        found = (await access.users.find("ann")).password_hash
    assert not QUICK_HASHER.is_outdated(found)


async def test_token_is_no_session(api: httpx.AsyncClient) -> None:
    assert (await api.get("/v1/sessions/current")).status_code == 401


@pytest.mark.parametrize("role", ["admin", "operator", "author", "submitter", "reader"])
async def test_session_of_a_role_may_do_what_a_token_of_that_scope_may(
    api: httpx.AsyncClient, signed_in: httpx.AsyncClient, role: str
) -> None:
    await put_user(api, roles=[role])

    opened = set()
    for name, (method, path, body) in REQUESTS.items():
        response = await signed_in.request(method, path, json=body)
        if response.status_code != 403:
            assert response.status_code < 500
            opened.add(name)

    assert opened == ALLOWED[role]
