import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from joserfc.jwk import RSAKey

from mlmon_config_api.app import create_app
from mlmon_shared.errors import ConfigurationError
from mlmon_shared.testing.clocks import FakeClock
from mlmon_shared.testing.ids import SequentialIds
from mlmon_shared.testing.live_servers import live_server
from mlmon_shared.testing.polling import eventually_sync

from .conftest import QUICK_HASHER, asking, make_settings, running
from .openid_providers import CLIENT_ID, CLIENT_SECRET, Provider, create_provider
from .test_users import put_user

ORIGIN = "http://localhost:8080"
GROUPS = {"ml-admins": "admin", "ml-readers": "reader"}


@dataclass
class Site:
    """MLMon, its administrator, and a browser that is not signed in."""

    admin: httpx.AsyncClient
    browser: httpx.AsyncClient

    async def start(self, **params: str) -> httpx.Response:
        """Go to the provider; returns its answer, which leads back."""
        sent = await self.browser.get("/auth/oidc/start", params=params)
        assert sent.status_code == 303, sent.text
        async with httpx.AsyncClient() as elsewhere:
            return await elsewhere.get(sent.headers["Location"])

    async def sign_in(self, **params: str) -> httpx.Response:
        return await self.browser.get((await self.start(**params)).headers["Location"])

    async def user(self) -> str | None:
        answer = await self.browser.get("/v1/sessions/current")
        return answer.json()["user"] if answer.status_code == 200 else None


@pytest.fixture
async def provider(clock: FakeClock) -> AsyncIterator[Provider]:
    provider = Provider(clock)
    async with live_server(create_provider(provider)) as url:
        provider.issuer = url
        provider.person = {
            "sub": "p-1",
            "preferred_username": "Ann.Smith",
            "name": "Ann Smith",
            "email": "ann@example.com",
            "email_verified": True,
            "groups": ["ml-readers", "others"],
        }
        yield provider


def oidc_settings(issuer: str, **changed: Any) -> dict[str, Any]:
    return {
        "public_url": ORIGIN,
        "oidc_issuer": issuer,
        "oidc_client_id": CLIENT_ID,
        "oidc_client_secret": CLIENT_SECRET,
        "oidc_roles": GROUPS,
        **changed,
    }


@pytest.fixture
async def site(
    request: pytest.FixtureRequest,
    provider: Provider,
    database_url: str,
    clock: FakeClock,
    ids: SequentialIds,
) -> AsyncIterator[Site]:
    changed = getattr(request, "param", {})
    settings = make_settings(database_url, **oidc_settings(provider.issuer, **changed))
    app = create_app(settings, clock=clock, ids=ids, hasher=QUICK_HASHER)
    async with running(app), asking(app) as admin, asking(app, token=None) as browser:
        browser.base_url = httpx.URL(ORIGIN)
        yield Site(admin, browser)


async def test_person_with_a_group_becomes_a_user_and_goes_on(site: Site) -> None:
    back = await site.sign_in(return_to="/runs?state=failed")

    assert (back.status_code, back.headers["Location"]) == (303, "/runs?state=failed")
    assert await site.user() == "ann.smith"
    user = (await site.admin.get("/v1/users/ann.smith")).json()
    assert (user["roles"], user["email"], user["has_password"]) == (
        ["reader"],
        "ann@example.com",
        False,
    )
    events = (await site.admin.get("/v1/audit-events", params={"kind": "user"})).json()["items"]
    assert [(event["action"], event["by"]) for event in events] == [("created", "oidc")]


async def test_roles_follow_the_groups_at_each_sign_in(site: Site, provider: Provider) -> None:
    await site.sign_in()
    provider.person["groups"] = ["ml-admins"]
    await site.sign_in()
    roles = (await site.admin.get("/v1/users/ann.smith")).json()["roles"]
    provider.person["groups"] = ["others"]

    refused = await site.sign_in()

    assert roles == ["admin"]
    assert refused.status_code == 403
    assert "None of your groups" in refused.text


@pytest.mark.parametrize(
    "lies",
    [
        {"nonce": "another"},
        {"aud": "another"},
        {"aud": [CLIENT_ID, "another"]},
        {"iss": "http://127.0.0.1:1"},
        {"exp": 1_700_000_000},
        {"iat": 4_000_000_000},
        {"sub": None},
        {"sub": ""},
    ],
    ids=str,
)
async def test_token_that_is_not_for_this_sign_in_is_refused(
    site: Site, provider: Provider, lies: dict[str, Any]
) -> None:
    provider.lies = lies

    refused = await site.sign_in()

    assert refused.status_code == 401
    assert "not valid" in refused.text
    assert await site.user() is None


async def test_token_signed_with_a_shared_secret_is_refused(site: Site, provider: Provider) -> None:
    provider.algorithm = "HS256"

    assert (await site.sign_in()).status_code == 401


async def test_answer_for_another_browser_is_refused(site: Site) -> None:
    location = (await site.start()).headers["Location"]
    site.browser.cookies.clear()
    without = await site.browser.get(location)
    await site.start()

    stolen = await site.browser.get(location)

    assert (without.status_code, stolen.status_code) == (401, 401)
    assert await site.user() is None


async def test_answer_counts_once_and_not_for_long(site: Site, clock: FakeClock) -> None:
    location = (await site.start()).headers["Location"]
    cookies = list(site.browser.cookies.jar)
    first = await site.browser.get(location)
    for cookie in cookies:
        site.browser.cookies.jar.set_cookie(cookie)
    again = await site.browser.get(location)
    late_location = (await site.start()).headers["Location"]
    clock.advance(601)
    late = await site.browser.get(late_location)

    assert (first.status_code, again.status_code, late.status_code) == (303, 401, 401)


@pytest.mark.parametrize("place", ["https://evil.example/", "//evil.example", "/\\evil.example"])
async def test_nobody_is_sent_elsewhere_after_signing_in(site: Site, place: str) -> None:
    assert (await site.sign_in(return_to=place)).headers["Location"] == "/"


async def test_person_of_the_provider_does_not_become_a_user_who_is_there(site: Site) -> None:
    await put_user(site.admin, "ann.smith", roles=["admin"])

    refused = await site.sign_in()

    assert refused.status_code == 409
    assert await site.user() is None


async def test_linked_user_signs_in_and_a_disabled_one_does_not(
    site: Site, provider: Provider
) -> None:
    identity = {"issuer": provider.issuer, "subject": "p-1"}
    await put_user(site.admin, "boss", identity=identity)
    linked = await site.sign_in()
    name = await site.user()
    await put_user(site.admin, "boss", identity=identity, is_disabled=True)

    refused = await site.sign_in()

    assert (linked.status_code, name, refused.status_code) == (303, "boss", 403)


@pytest.mark.parametrize("site", [{"oidc_email_domains": ["example.com"]}], indirect=True)
@pytest.mark.parametrize(
    ("claims", "status"),
    [
        ({}, 303),
        ({"email": "ann@evil.example"}, 403),
        ({"email": "ann@example.com.evil.example"}, 403),
        ({"email_verified": False}, 403),
        ({"email": None}, 403),
    ],
)
async def test_only_verified_addresses_of_listed_domains_sign_in(
    site: Site, provider: Provider, claims: dict[str, Any], status: int
) -> None:
    provider.person |= claims

    assert (await site.sign_in()).status_code == status


async def test_provider_that_is_down_or_refuses_is_said_on_the_page(
    site: Site, provider: Provider
) -> None:
    provider.is_down = True
    down = await site.browser.get("/auth/oidc/start")
    provider.is_down = False
    location = (await site.start()).headers["Location"]
    provider.codes.clear()
    refused = await site.browser.get(location)
    denied = await site.browser.get("/auth/oidc/callback", params={"error": "access_denied"})

    assert (down.status_code, refused.status_code, denied.status_code) == (503, 401, 401)
    assert all('role="alert"' in answer.text for answer in (down, refused, denied))


async def test_provider_changes_its_keys(
    site: Site, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mlmon_config_api.adapters.openid._KEYS_DISTANCE_SECONDS", 0)
    await site.sign_in()
    provider.key = RSAKey.generate_key(2048, auto_kid=True)

    assert (await site.sign_in()).status_code == 303


def test_settings_without_client_are_refused() -> None:
    settings = make_settings("postgresql://127.0.0.1:9/x", oidc_issuer="https://login.example")

    with pytest.raises(ConfigurationError, match="OIDC_CLIENT_ID"):
        create_app(settings)


def _is_there(url: str) -> bool:
    try:
        return httpx.get(url).status_code == 200
    except httpx.TransportError:
        return False


@pytest.fixture
def other_provider() -> Iterator[str]:
    """A provider that others wrote: oidc-provider-mock, in a process of its own."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    person = json.dumps(
        {
            "sub": "p-2",
            "email": "bea@example.com",
            "preferred_username": "bea",
            "groups": "ml-admins",
        }
    )
    command = [sys.executable, "-m", "oidc_provider_mock", "--port", str(port)]
    process = subprocess.Popen(
        [*command, "--user-claims", person, "--require-nonce"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONWARNINGS": "ignore"},
    )
    url = f"http://localhost:{port}"

    try:
        eventually_sync(lambda: _is_there(f"{url}/jwks"), within_seconds=30)
        yield url
    finally:
        process.terminate()
        process.wait(10)


async def test_person_signs_in_with_a_provider_of_others(
    other_provider: str, database_url: str
) -> None:
    app = create_app(make_settings(database_url, **oidc_settings(other_provider)))
    async with running(app), asking(app) as admin, asking(app, token=None) as browser:
        browser.base_url = httpx.URL(ORIGIN)
        site = Site(admin, browser)
        sent = await browser.get("/auth/oidc/start")
        async with httpx.AsyncClient() as elsewhere:
            approved = await elsewhere.post(sent.headers["Location"], data={"sub": "p-2"})
        assert re.match(f"{ORIGIN}/auth/oidc/callback", approved.headers["Location"])

        back = await browser.get(approved.headers["Location"])

        assert back.status_code == 303, back.text
        assert await site.user() == "bea"
