import asyncio
import contextlib
from collections.abc import AsyncIterator

import httpx
import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.routing import Route

from mlmon_shared.testing.live_servers import live_server


async def hello(request: object) -> PlainTextResponse:
    return PlainTextResponse("hello")


async def endless(request: object) -> StreamingResponse:
    async def chunks() -> AsyncIterator[str]:
        yield "first"
        await asyncio.Event().wait()

    return StreamingResponse(chunks())


async def test_lifespan_runs_around_the_server() -> None:
    seen = []

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        seen.append("opened")
        yield
        seen.append("closed")

    async with live_server(Starlette(routes=[Route("/", hello)], lifespan=lifespan)):
        seen.append("served")

    assert seen == ["opened", "served", "closed"]


async def test_app_that_does_not_start_is_an_error() -> None:
    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        raise LookupError("no database")
        yield

    with pytest.raises(RuntimeError, match="did not start"):
        async with live_server(Starlette(lifespan=lifespan)):
            pass


async def test_open_connections_do_not_hold_the_server_up() -> None:
    app = Starlette(routes=[Route("/", hello)])
    async with httpx.AsyncClient() as client, live_server(app) as url:
        answer = await client.get(url)

    assert answer.text == "hello"


async def test_endless_response_does_not_hold_the_server_up() -> None:
    app = Starlette(routes=[Route("/", endless)])
    async with (
        httpx.AsyncClient() as client,
        contextlib.AsyncExitStack() as stack,
        live_server(app) as url,
    ):
        answer = await stack.enter_async_context(client.stream("GET", url))
        first = await anext(answer.aiter_text())

    assert first == "first"


async def test_two_servers_run_side_by_side() -> None:
    app = Starlette(routes=[Route("/", hello)])
    async with live_server(app) as one, live_server(app) as other:
        assert one != other
