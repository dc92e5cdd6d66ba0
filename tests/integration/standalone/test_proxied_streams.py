"""Through the front as without it: streams, who leaves, and what is broken or away."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from mlmon_shared.clients.http_clients import open_http_client
from mlmon_shared.testing.live_servers import live_server
from mlmon_standalone.front import SCHEDULER, create_front, in_other_process
from mlmon_standalone.services import free_ports

PATH = "/v1/runs"


def app_of(endpoint: Any, *methods: str, path: str = PATH) -> Starlette:
    return Starlette(routes=[Route(path, endpoint, methods=list(methods) or ["GET"])])


async def echo(request: Request) -> Response:
    """Say what arrived."""
    return JSONResponse(
        {
            "method": request.method,
            "target": request.scope["raw_path"].decode(),
            "query": request.scope["query_string"].decode(),
            "headers": [
                [name.decode(), value.decode()] for name, value in request.scope["headers"]
            ],
            "body": (await request.body()).decode(),
        }
    )


async def test_response_is_passed_on_piece_by_piece(proxied):
    is_first_seen = asyncio.Event()

    async def pieces() -> AsyncIterator[bytes]:
        yield b"one"
        await is_first_seen.wait()
        yield b"two"

    async def stream(_: Request) -> Response:
        return StreamingResponse(pieces())

    async with proxied(app_of(stream)) as client, client.stream("GET", PATH) as answer:
        seen = answer.aiter_raw()
        first = await anext(seen)
        is_first_seen.set()
        rest = b"".join([piece async for piece in seen])

    assert (first, rest) == (b"one", b"two")


async def test_request_body_is_passed_on_piece_by_piece(proxied):
    is_first_seen = asyncio.Event()

    async def collect(request: Request) -> Response:
        pieces = []
        async for piece in request.stream():
            pieces.append(piece)
            is_first_seen.set()
        return PlainTextResponse(b"".join(pieces))

    async def body() -> AsyncIterator[bytes]:
        yield b"one"
        await is_first_seen.wait()
        yield b"two"

    async with proxied(app_of(collect, "PUT")) as client:
        answer = await client.put(PATH, content=body())

    assert answer.text == "onetwo"


async def test_service_that_is_down_is_answered_503():
    url = f"http://127.0.0.1:{free_ports(1)[0]}"
    async with (
        in_other_process(SCHEDULER, url) as service,
        live_server(create_front([service])) as front,
        open_http_client(base_url=front, timeout=30) as client,
    ):
        answer = await client.post(PATH, json={"job": "train"})

    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["type"] == "urn:mlmon:problem:service-unavailable"
    assert problem["detail"].startswith("scheduler does not answer: ")
    assert problem["request_id"] == answer.headers["x-request-id"]


async def test_service_that_comes_back_is_reached_again():
    async with live_server(app_of(echo)) as behind:
        service_url = behind
    async with (
        in_other_process(SCHEDULER, service_url) as service,
        live_server(create_front([service])) as front,
        open_http_client(base_url=front, timeout=30) as client,
    ):
        down = await client.get(PATH)
        server = await asyncio.start_server(_answer_once, "127.0.0.1", httpx.URL(service_url).port)
        async with server:
            up = await client.get(PATH)

    assert (down.status_code, up.text) == (503, "back")


async def _answer_once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\nback")
    await writer.drain()
    writer.close()


async def test_answer_that_breaks_off_is_not_passed_on_as_whole():
    async def break_off(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(break_off, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with (
        server,
        in_other_process(SCHEDULER, f"http://127.0.0.1:{port}") as service,
        live_server(create_front([service])) as front,
        open_http_client(base_url=front, timeout=30) as client,
    ):
        with pytest.raises(httpx.RemoteProtocolError):
            await client.get(PATH)


async def test_answer_before_the_body_was_read_is_passed_on(proxied):
    async def refuse(_: Request) -> Response:
        return PlainTextResponse("too large", status_code=413)

    async def body() -> AsyncIterator[bytes]:
        for _ in range(64):
            yield b"x" * 65_536

    async with proxied(app_of(refuse, "PUT")) as client:
        answer = await client.put(PATH, content=body())

    assert (answer.status_code, answer.text) == (413, "too large")


async def test_caller_who_leaves_mid_stream_ends_the_stream_behind(proxied):
    has_ended = asyncio.Event()

    async def pieces() -> AsyncIterator[bytes]:
        try:
            yield b"one"
            await asyncio.Event().wait()
        finally:
            has_ended.set()

    async def stream(_: Request) -> Response:
        return StreamingResponse(pieces())

    async with proxied(app_of(stream)) as client:
        async with client.stream("GET", PATH) as answer:
            first = await anext(answer.aiter_raw())
        async with asyncio.timeout(10):
            await has_ended.wait()

    assert first == b"one"


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_caller_who_leaves_a_parked_request_ends_it_behind(proxied, method):
    is_parked, has_left = asyncio.Event(), asyncio.Event()

    async def park(request: Request) -> Response:
        await request.body()
        is_parked.set()
        while (await request.receive())["type"] != "http.disconnect":
            continue
        has_left.set()
        return Response()

    async with proxied(app_of(park, method)) as client:
        asking = asyncio.create_task(client.request(method, PATH, content=b"{}"))
        async with asyncio.timeout(10):
            await is_parked.wait()
            asking.cancel()
            await has_left.wait()

    assert asking.cancelled()


async def test_body_that_breaks_off_does_not_arrive_as_whole(proxied):
    is_first_seen, was_cut = asyncio.Event(), asyncio.Event()

    async def collect(request: Request) -> Response:
        try:
            async for _ in request.stream():
                is_first_seen.set()
        except ClientDisconnect:
            was_cut.set()
            raise
        return Response()

    async def body() -> AsyncIterator[bytes]:
        yield b"half"
        await asyncio.Event().wait()

    async with proxied(app_of(collect, "PUT")) as client:
        sending = asyncio.create_task(client.put(PATH, content=body()))
        async with asyncio.timeout(10):
            await is_first_seen.wait()
            sending.cancel()
            await was_cut.wait()

    assert sending.cancelled()


async def test_parked_requests_do_not_keep_others_waiting(proxied):
    count = 150
    parked = 0
    may_answer, are_all_parked = asyncio.Event(), asyncio.Event()

    async def park(_: Request) -> Response:
        nonlocal parked
        parked += 1
        if parked == count:
            are_all_parked.set()
        await may_answer.wait()
        return Response()

    app = Starlette(routes=[Route(PATH, park), Route("/v1/batches", echo)])
    async with proxied(app) as client:
        asking = [asyncio.create_task(_get_alone(client.base_url.join(PATH))) for _ in range(count)]
        async with asyncio.timeout(30):
            await are_all_parked.wait()
        other = await client.get("/v1/batches")
        may_answer.set()
        statuses = await asyncio.gather(*asking)

    assert other.status_code == 200
    assert statuses == [200] * count


async def _get_alone(url: httpx.URL) -> int:
    """Ask on a connection of its own; return the status."""
    reader, writer = await asyncio.open_connection(url.host, url.port)
    writer.write(
        f"GET {url.path} HTTP/1.1\r\nHost: {url.host}\r\nConnection: close\r\n\r\n".encode()
    )
    head = await reader.readuntil(b"\r\n")
    await reader.read()
    writer.close()
    await writer.wait_closed()
    return int(head.split()[1])
