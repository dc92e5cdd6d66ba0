import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.responses import StreamingResponse

from mlmon import AsyncClient, Client
from mlmon_shared.testing.live_servers import live_server

RUN = {
    "id": "r1",
    "job": "train",
    "version": 1,
    "client": "AA",
    "state": "succeeded",
    "priority": 50,
    "image": "image:1",
    "resources": {},
    "created_at": "2026-01-01T00:00:00Z",
    "rv": 1,
}


@pytest.fixture
def more() -> asyncio.Event:
    """Lets the server send the second half of the log."""
    return asyncio.Event()


@pytest.fixture
async def server(more: asyncio.Event) -> AsyncIterator[str]:
    app = FastAPI()

    @app.get("/v1/runs/{run_id}/wait")
    async def wait(run_id: str) -> dict[str, object]:
        return RUN

    @app.get("/v1/runs/{run_id}/logs")
    async def logs(run_id: str) -> StreamingResponse:
        async def pieces() -> AsyncIterator[bytes]:
            yield b"first\n"
            await more.wait()
            yield b"second\n" * 100_000

        return StreamingResponse(pieces(), media_type="text/plain")

    async with live_server(app) as url:
        yield url


async def start(*arguments: str, **environment: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        "import sys; from mlmon.cli.main import main; sys.exit(main())",
        *arguments,
        env=os.environ | environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


async def test_followed_log_arrives_while_it_is_written(server: str, more: asyncio.Event) -> None:
    async with AsyncClient(server) as client:
        lines = client.logs("r1", follow=True)

        assert await anext(lines) == "first"
        more.set()
        assert len([line async for line in lines]) == 100_000


async def test_blocking_client_follows_a_log(server: str, more: asyncio.Event) -> None:
    def follow() -> str:
        with Client(server) as client:
            return next(client.logs("r1", follow=True))

    assert await asyncio.to_thread(follow) == "first"
    more.set()


async def test_command_line_works_as_a_process(server: str) -> None:
    process = await start("runs", "wait", "r1", MLMON_URL=server)

    _, errors = await process.communicate()

    assert (process.returncode, errors) == (0, b"succeeded\n")


async def test_reader_that_leaves_gets_no_complaint(server: str, more: asyncio.Event) -> None:
    process = await start("logs", "-f", "r1", MLMON_URL=server)
    assert process.stdout is not None
    assert process.stderr is not None

    assert await process.stdout.readline() == b"first\n"
    process.stdout._transport.close()  # type: ignore[attr-defined]
    more.set()

    assert await process.stderr.read() == b""
    await process.wait()


async def test_interrupt_ends_quietly_with_130(server: str, more: asyncio.Event) -> None:
    process = await start("logs", "-f", "r1", MLMON_URL=server)
    assert process.stdout is not None
    assert await process.stdout.readline() == b"first\n"

    process.send_signal(signal.SIGINT)
    _, errors = await process.communicate()
    more.set()

    assert (process.returncode, errors) == (130, b"")


async def test_unreachable_server_is_one_line(tmp_path: Path) -> None:
    process = await start("runs", "wait", "r1", MLMON_URL="http://127.0.0.1:1")

    _, errors = await process.communicate()

    assert process.returncode == 1
    assert errors.startswith(b"mlmon: no answer from http://127.0.0.1:1")
    assert errors.count(b"\n") == 1


@pytest.mark.parametrize(
    "script",
    [
        "client.wait('r1')",
        # What is still open then is closed as well.
        "lines = client.logs('r1'); print(next(lines))",
    ],
)
async def test_script_that_closes_nothing_ends(server: str, script: str) -> None:
    program = f"import mlmon; client = mlmon.Client({server!r}, token='t'); {script}"
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, stderr=asyncio.subprocess.PIPE
    )
    try:
        _, told = await asyncio.wait_for(process.communicate(), timeout=60)
    finally:
        if process.returncode is None:
            process.kill()

    assert (process.returncode, told.decode()) == (0, "")
