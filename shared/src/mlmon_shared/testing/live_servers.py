"""Serve an ASGI app on a real port inside the test's event loop."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Generator
from pathlib import Path
from typing import Any

import uvicorn

POLL_SECONDS = 0.005


class _QuietServer(uvicorn.Server):
    """A server that leaves the process, its signals and its end, to pytest."""

    async def serve(self, sockets: list[socket.socket] | None = None) -> None:
        try:
            await super().serve(sockets)
        except SystemExit as error:
            raise RuntimeError("the app did not start; see the log of uvicorn.error") from error

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield


@contextlib.asynccontextmanager
async def live_server(
    app: Any,  # noqa: ANN401 - any ASGI app
    *,
    host: str = "127.0.0.1",
    certificate: Path | None = None,
) -> AsyncIterator[str]:
    """Serve an app, its lifespan included, and yield its base URL (no slash at the end).

    Args:
        app: An ASGI app.
        host: Address to listen on; the port is a free one.
        certificate: Its key and chain, in one file: served is TLS then.

    Raises:
        RuntimeError: The app's startup failed; uvicorn logs why.
    """
    with socket.create_server((host, 0)) as listener:
        # asyncio sets it only on sockets that it made; without it each answer waits 40 ms.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        config = uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            lifespan="on",
            ws="none",
            timeout_graceful_shutdown=1,
            ssl_certfile=certificate,
        )
        server = _QuietServer(config)
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            while not server.started and not serving.done():  # noqa: ASYNC110 - uvicorn sets no event
                await asyncio.sleep(POLL_SECONDS)
            if not server.started:
                await serving
            scheme = "http" if certificate is None else "https"
            yield f"{scheme}://{host}:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            await serving
