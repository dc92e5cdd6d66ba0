from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import httpx
import pytest
from starlette.types import ASGIApp

from mlmon_shared.clients.http_clients import open_http_client
from mlmon_shared.testing.live_servers import live_server
from mlmon_standalone.front import SCHEDULER, create_front, in_other_process

Proxied = Callable[[ASGIApp], AbstractAsyncContextManager[httpx.AsyncClient]]


@asynccontextmanager
async def _proxied(app: ASGIApp) -> AsyncIterator[httpx.AsyncClient]:
    async with (
        live_server(app) as behind,
        in_other_process(SCHEDULER, behind) as service,
        live_server(create_front([service])) as url,
        open_http_client(base_url=url, timeout=30) as client,
    ):
        # What httpx sends of its own would hide what the front adds.
        client.headers.clear()
        yield client


@pytest.fixture
def proxied() -> Proxied:
    """Serve an app as the scheduler in another process, and yield a client of its front."""
    return _proxied
