import re
from urllib.parse import urlsplit

import httpx
import pytest
from fastapi import FastAPI

from mlmon_shared.testing.clocks import FakeClock

from .test_sessions import app, browser
from .test_users import PASSWORD, give_password, put_user

__all__ = ["app"]
DAY = 24 * 3600


@pytest.fixture(autouse=True)
async def ann(api: httpx.AsyncClient) -> None:
    await put_user(api)
    await give_password(api)


def field(page: httpx.Response, name: str) -> str:
    found = re.search(f'name="{name}" value="([^"]*)"', page.text)
    assert found is not None, page.text
    return found[1]


async def test_form_signs_in_and_out_without_a_script(app: FastAPI) -> None:
    async with browser(app) as client:
        page = await client.get("/sign-in", params={"return_to": "/v1/clients"})
        form = {"name": " Ann ", "password": PASSWORD, "return_to": field(page, "return_to")}
        sent = await client.post("/sign-in", data=form)
        there = await client.get(sent.headers["Location"])
        signed_in = await client.get("/sign-in")
        token = {"csrf_token": field(signed_in, "csrf_token")}
        forged = await client.post("/sign-out", data={"csrf_token": "0" * 64})
        still = await client.get("/v1/clients")
        out = await client.post("/sign-out", data=token)
        gone = await client.get("/v1/clients")

    assert (sent.status_code, sent.headers["Location"]) == (303, "/v1/clients")
    assert there.status_code == 200
    assert "<script" not in page.text
    assert "signed in as <strong>ann</strong>" in signed_in.text
    assert (forged.status_code, still.status_code) == (403, 200)
    assert (out.status_code, out.headers["Location"], gone.status_code) == (303, "/sign-in", 401)


async def test_fault_is_shown_beside_what_was_typed(app: FastAPI, clock: FakeClock) -> None:
    form = {"name": '"><script>alert(1)</script>', "password": "wrong", "return_to": "//evil"}
    async with browser(app) as client:
        page = await client.post("/sign-in", data=form)
        for _ in range(5):
            locked = await client.post("/sign-in", data=form)

    assert page.status_code == 401
    assert "The name or the password is wrong." in page.text
    assert "<script" not in page.text
    assert field(page, "return_to") == "/"
    assert (locked.status_code, locked.headers["Retry-After"]) == (429, "1")


async def test_pages_let_nothing_in_from_elsewhere(app: FastAPI) -> None:
    async with browser(app) as client:
        page = await client.get("/sign-in")
        styles = await client.get("/ui/static/sign-in.css")
        forged = await client.post(
            "/sign-in", data={"name": "ann"}, headers={"Origin": "https://evil.example"}
        )

    policy = page.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'")
    assert "script" not in policy
    assert "unsafe" not in policy
    assert "style=" not in page.text
    assert page.headers["Cache-Control"] == "no-store"
    assert styles.headers["Content-Type"].startswith("text/css")
    assert forged.status_code == 403


async def invite(api: httpx.AsyncClient) -> str:
    response = await api.post("/v1/users/ben/invitation")
    assert response.status_code == 201, response.text
    path: str = response.json()["path"]
    return path


async def test_invited_user_sets_a_password_once(api: httpx.AsyncClient, app: FastAPI) -> None:
    await put_user(api, "ben")
    void, path = await invite(api), await invite(api)
    new = "violet comet nine"
    async with browser(app) as client:
        page = await client.get(path)
        key = {"key": field(page, "key")}
        differ = await client.post("/invitation", data={**key, "password": new, "again": "x"})
        weak = await client.post("/invitation", data={**key, "password": "ben", "again": "ben"})
        done = await client.post("/invitation", data={**key, "password": new, "again": new})
        user = (await client.get("/v1/sessions/current")).json()["user"]
        used = [(await client.get(each)).status_code for each in (path, void, "/invitation")]
        again = await client.post("/invitation", data={**key, "password": new, "again": new})

    assert "Hello <strong>ben</strong>" in page.text
    assert (differ.status_code, weak.status_code, done.status_code) == (422, 422, 303)
    assert user == "ben"
    assert used == [404, 404, 404]
    assert again.status_code == 404
    events = (await api.get("/v1/audit-events", params={"name": "ben"})).json()["items"]
    assert [event["action"] for event in events][:2] == ["password-set", "invited"]
    assert urlsplit(path).query[4:] not in str(events)


async def test_invitation_ends_by_itself_or_with_the_user_disabled(
    api: httpx.AsyncClient, app: FastAPI, clock: FakeClock
) -> None:
    await put_user(api, "ben")
    path = await invite(api)
    async with browser(app) as client:
        clock.advance(3 * DAY)
        late = await client.get(path)
        path = await invite(api)
        await put_user(api, "ben", is_disabled=True)
        disabled = await client.get(path)

    assert (late.status_code, disabled.status_code) == (404, 404)
    assert (await api.post("/v1/users/ben/invitation")).status_code == 409
