import asyncio
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis.asyncio import Redis

from mlmon_shared.embedded.errors import EmbeddedServerError
from mlmon_shared.embedded.valkey import EmbeddedValkey, find_valkey


@pytest.fixture
def server(server_folder: Path) -> Iterator[EmbeddedValkey]:
    with EmbeddedValkey(server_folder / "valkey") as running:
        yield running


def restart(server: EmbeddedValkey) -> None:
    server.start()
    server.wait_ready()


def fake_server(folder: Path, banner: str) -> None:
    program = folder / "valkey-server"
    program.write_text(f"#!/bin/sh\necho '{banner}'\n")
    program.chmod(0o755)


def test_stopped_valkey_keeps_its_data(server: EmbeddedValkey) -> None:
    server.command("SET kept yes")
    server.stop()
    restart(server)

    assert server.command("EXISTS kept") == ":1"


def test_killed_valkey_keeps_what_it_acknowledged(server: EmbeddedValkey) -> None:
    for number in range(100):
        server.command(f"SET kept:{number} yes")
    server.kill()
    restart(server)

    assert server.command("DBSIZE") == ":100"


def test_valkey_killed_by_others_can_be_started_again(server: EmbeddedValkey) -> None:
    server.command("SET kept yes")
    os.kill(server.pid, 9)
    server._started().wait(10)
    status = server.exit_status
    restart(server)

    assert (status, server.command("EXISTS kept")) == (-9, ":1")


def test_valkey_without_persistence_forgets(server_folder: Path) -> None:
    with EmbeddedValkey(server_folder / "valkey", is_persistent=False) as server:
        server.command("SET kept no")
        server.stop()
        restart(server)

        assert server.command("DBSIZE") == ":0"


async def test_async_start_serves_redis_py(server_folder: Path) -> None:
    server = EmbeddedValkey(server_folder / "valkey", max_memory="64mb")
    async with server, Redis.from_url(server.url, decode_responses=True) as client:
        wanted = ("appendfsync", "appendonly", "maxmemory", "save", "hash-max-listpack-value")
        settings = await client.config_get(*wanted)

    assert settings == {
        "appendfsync": "always",
        "appendonly": "yes",
        "maxmemory": str(64 * 1024 * 1024),
        "save": "",
        "hash-max-listpack-value": "512",
    }
    assert not server.is_running


async def test_cancelled_async_start_leaves_nothing_behind(server_folder: Path) -> None:
    server = EmbeddedValkey(server_folder / "valkey")
    starting = asyncio.create_task(server.start_async())
    await asyncio.sleep(0)
    starting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await starting

    assert not server.is_running
    with EmbeddedValkey(server_folder / "valkey") as second:
        assert second.is_ready()


def test_long_path_gets_a_short_socket_that_goes_away(server_folder: Path) -> None:
    with EmbeddedValkey(server_folder / ("long" * 40) / "valkey") as server:
        socket_folder = server.socket_path.parent
        answer = server.command("PING")

    assert answer == "+PONG"
    assert not socket_folder.exists()


def test_runtime_folder_is_private_and_of_its_own(server_folder: Path) -> None:
    with EmbeddedValkey(server_folder / "data", runtime_folder=server_folder / "run") as server:
        folder = server.socket_path.parent
        mode = stat.S_IMODE(folder.stat().st_mode)

    assert (folder, mode) == (server_folder / "run" / "valkey", 0o700)


def test_ctrl_c_does_not_reach_valkey(server: EmbeddedValkey) -> None:
    assert os.getsid(server.pid) == server.pid


def test_second_valkey_on_a_folder_is_refused(server: EmbeddedValkey) -> None:
    second = EmbeddedValkey(server.data_folder, stop_within_seconds=0.1)
    with pytest.raises(EmbeddedServerError, match="another server is using"):
        second.start()

    assert server.is_ready()


def test_failed_start_shows_the_last_log_lines(server_folder: Path) -> None:
    server = EmbeddedValkey(server_folder / "valkey", settings={"no-such-setting": "1"})
    with pytest.raises(EmbeddedServerError, match="no-such-setting") as caught:
        server.__enter__()

    assert "ended with status 1" in caught.value.detail


def test_start_of_a_running_server_is_refused(server: EmbeddedValkey) -> None:
    with pytest.raises(EmbeddedServerError, match="running already"):
        server.start()


@pytest.mark.parametrize("banner", ["Redis server v=6.2.14 sha=0", "Valkey server v=7.2.5", "?"])
def test_unfit_server_on_path_is_passed_over(server_folder: Path, banner: str) -> None:
    fake_server(server_folder, banner)

    assert find_valkey(str(server_folder)).path.parent != server_folder


def test_fit_server_on_path_is_preferred(server_folder: Path) -> None:
    fake_server(server_folder, "Redis server v=7.0.15 sha=0")
    program = find_valkey(str(server_folder))

    assert (program.path.parent, program.product, program.version) == (
        server_folder,
        "redis",
        (7, 0),
    )
