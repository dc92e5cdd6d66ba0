import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from mlmon import AsyncClient, Client
from mlmon.cli.main import main
from mlmon.errors import NotFoundError
from mlmon_shared.testing.live_servers import live_server

from .conftest import ADMIN
from .test_sessions import app, browser, sign_in
from .test_users import PASSWORD

__all__ = ["app"]
Mlmon = Callable[..., Awaitable[int]]
Captured = pytest.CaptureFixture[str]


@pytest.fixture
async def url(app: FastAPI) -> AsyncIterator[str]:
    async def serve(scope, receive, send):
        # Its lifespan was entered already.
        if scope["type"] == "lifespan":
            await receive()
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await send({"type": "lifespan.shutdown.complete"})
        else:
            await app(scope, receive, send)

    async with live_server(serve) as url:
        yield url


@pytest.fixture
def mlmon(url: str, monkeypatch: pytest.MonkeyPatch) -> Mlmon:
    monkeypatch.setenv("MLMON_TOKEN", ADMIN)

    async def run(*arguments: str) -> int:
        return await asyncio.to_thread(main, ["--server", url, *arguments])

    return run


def printed(capsys: Captured) -> str:
    """What the command printed, without what the server in this process logs."""
    lines = capsys.readouterr().out.splitlines(keepends=True)
    return "".join(line for line in lines if not line.startswith("\x1b[2m"))


async def test_user_is_set_step_by_step(mlmon: Mlmon, capsys: Captured) -> None:
    without = await mlmon("users", "set", "ann")
    assert (without, "--role" in capsys.readouterr().err) == (2, True)

    await mlmon("users", "set", "ann", "--role", "author", "--email", "ann@example.com")
    await mlmon("users", "set", "ann", "--display-name", "Ann", "--disabled")
    capsys.readouterr()
    await mlmon("users", "get", "ann", "-o", "json")

    user = json.loads(printed(capsys))
    assert (user["roles"], user["email"], user["display_name"], user["is_disabled"]) == (
        ["author"],
        "ann@example.com",
        "Ann",
        True,
    )
    assert await mlmon("users", "list") == 0
    assert "disabled" in capsys.readouterr().out
    assert await mlmon("users", "remove", "ann") == 0
    assert await mlmon("users", "get", "ann") == 1


async def test_user_signs_in_with_the_password_of_a_file_or_a_link(
    mlmon: Mlmon, app: FastAPI, url: str, capsys: Captured, tmp_path: Path
) -> None:
    file = tmp_path / "password"
    file.write_text(f"{PASSWORD}\n")
    await mlmon("users", "set", "ann", "--role", "reader")
    assert await mlmon("users", "password", "ann", "--file", str(file)) == 0
    capsys.readouterr()
    await mlmon("users", "invite", "ann")

    link = printed(capsys).strip()
    assert link.startswith(f"{url}/invitation?key=")
    async with httpx.AsyncClient() as client:
        assert (await client.get(link)).status_code == 200
    async with browser(app) as client:
        assert (await sign_in(client)).status_code == 201


async def test_sdk_manages_users(url: str) -> None:
    async with AsyncClient(url, token=ADMIN) as client:
        await client.put_user({"name": "ann", "roles": ["reader"]})
        await client.set_user_password("ann", PASSWORD)
        assert (await client.get_user("ann")).has_password
        assert (await client.invite_user("ann")).user == "ann"

    def go_on() -> list[str]:
        with Client(url, token=ADMIN) as client:
            client.put_user({"name": "ben", "roles": ["reader"]})
            names = [user.name for user in client.users()]
            client.delete_user("ann")
            with pytest.raises(NotFoundError):
                client.get_user("ann")
            return names

    assert await asyncio.to_thread(go_on) == ["ann", "ben"]
