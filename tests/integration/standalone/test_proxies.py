"""A service in another process is reached through the front as if it were the front itself."""

import gzip
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

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


def headers_in(answer: httpx.Response) -> dict[str, str]:
    return dict(answer.json()["headers"])


@pytest.mark.parametrize("method", ["DELETE", "GET", "PATCH", "POST", "PUT"])
async def test_every_method_may_have_a_body(proxied, method):
    async with proxied(app_of(echo, method)) as client:
        answer = await client.request(method, PATH, content=b"text")

    assert (answer.json()["method"], answer.json()["body"]) == (method, "text")


@pytest.mark.parametrize("method", ["DELETE", "GET", "POST"])
async def test_request_without_a_body_gets_none(proxied, method):
    async with proxied(app_of(echo, method)) as client:
        answer = await client.request(method, PATH)

    assert answer.json()["body"] == ""
    assert "transfer-encoding" not in headers_in(answer)


async def test_head_has_the_headers_of_get_and_no_body(proxied):
    async with proxied(app_of(echo)) as client:
        answer = await client.head(PATH)

    assert answer.status_code == 200
    assert int(answer.headers["content-length"]) > 0
    assert answer.content == b""


async def test_head_with_a_body_is_answered(proxied):
    async with proxied(app_of(echo)) as client:
        answer = await client.request("HEAD", PATH, content=b"text")
        again = await client.get(PATH)

    assert (answer.status_code, again.status_code) == (200, 200)


async def test_target_is_passed_on_as_it_was_written(proxied):
    target = "/v1/runs/a%2Fb%20c%C3%A4/./d//e/../f%7E"
    query = "x=1&y=%2F&y=a+b&z"
    app = app_of(echo, path="/v1/runs/{rest:path}")
    async with proxied(app) as client:
        request = httpx.Request(
            "GET", client.base_url, extensions={"target": f"{target}?{query}".encode()}
        )
        answer = await client.send(request)

    assert (answer.json()["target"], answer.json()["query"]) == (target, query)


async def test_nothing_is_added_to_what_the_caller_sends(proxied):
    async with proxied(app_of(echo)) as client:
        answer = await client.get(PATH, headers={"Authorization": "Bearer mlm_1"})

    assert headers_in(answer) == {
        "host": client.base_url.netloc.decode(),
        "authorization": "Bearer mlm_1",
        "x-request-id": answer.headers["x-request-id"],
    }


async def test_headers_of_one_connection_are_not_passed_on(proxied):
    sent = {
        "Connection": "keep-alive, X-Mine",
        "X-Mine": "1",
        "Keep-Alive": "timeout=5",
        "Proxy-Authorization": "Basic x",
        "Proxy-Connection": "keep-alive",
        "TE": "trailers",
        "Trailer": "X-Sum",
        "Upgrade": "h2c",
        "X-Kept": "yes",
    }
    async with proxied(app_of(echo)) as client:
        answer = await client.get(PATH, headers=sent)

    assert set(headers_in(answer)) == {"host", "x-kept", "x-request-id"}


async def test_headers_of_the_service_s_connection_are_not_passed_back(proxied):
    async def answer_oddly(_: Request) -> Response:
        headers = {
            "Connection": "X-Mine",
            "X-Mine": "1",
            "Keep-Alive": "timeout=5",
            "Proxy-Authenticate": "Basic",
            "Trailer": "X-Sum",
            "Upgrade": "h2c",
            "X-Kept": "yes",
        }
        return PlainTextResponse("text", headers=headers)

    async with proxied(app_of(answer_oddly)) as client:
        answer = await client.get(PATH)

    kept = {"content-length", "content-type", "date", "server", "x-kept", "x-request-id"}
    assert sorted(name.lower() for name, _ in answer.headers.raw) == sorted(
        name.encode() for name in kept
    )


async def test_repeated_headers_are_kept_in_order(proxied):
    async def set_cookies(_: Request) -> Response:
        answer = PlainTextResponse("text")
        answer.set_cookie("one", "1")
        answer.set_cookie("two", "2")
        return answer

    async with proxied(app_of(set_cookies)) as client:
        answer = await client.get(PATH)

    cookies = answer.headers.get_list("set-cookie")
    assert [cookie.partition("=")[0] for cookie in cookies] == ["one", "two"]


async def test_repeated_headers_of_the_caller_are_kept_in_order(proxied):
    async with proxied(app_of(echo)) as client:
        answer = await client.get(PATH, headers=[("X-Tag", "one"), ("X-Tag", "two")])

    tags = [value for name, value in answer.json()["headers"] if name == "x-tag"]
    assert tags == ["one", "two"]


async def test_one_caller_s_cookies_are_never_sent_for_another(proxied):
    async def sign_in(_: Request) -> Response:
        answer = PlainTextResponse("text")
        answer.set_cookie("session", "secret", path="/")
        return answer

    app = Starlette(routes=[Route(PATH, sign_in), Route("/v1/batches", echo)])
    async with proxied(app) as client:
        await client.get(PATH)
        client.cookies.clear()
        answer = await client.get("/v1/batches")

    assert "cookie" not in headers_in(answer)


async def test_packed_bodies_are_passed_on_packed(proxied):
    packed = gzip.compress(b"text" * 100)

    async def answer_packed(_: Request) -> Response:
        return Response(packed, headers={"Content-Encoding": "gzip"})

    async with proxied(app_of(answer_packed)) as client, client.stream("GET", PATH) as answer:
        raw = b"".join([piece async for piece in answer.aiter_raw()])

    assert (raw, answer.headers["content-encoding"]) == (packed, "gzip")


async def test_status_of_the_service_is_passed_on(proxied):
    async def refuse(_: Request) -> Response:
        return Response(status_code=204)

    async with proxied(app_of(refuse)) as client:
        answer = await client.get(PATH)

    assert (answer.status_code, answer.content) == (204, b"")


async def test_redirect_stays_on_the_front_s_origin(proxied):
    async with proxied(app_of(echo, path=f"{PATH}/")) as client:
        answer = await client.get(PATH)

    assert answer.headers["location"] == client.base_url.join(f"{PATH}/")


async def test_service_gets_the_request_id_that_the_caller_is_told(proxied):
    async with proxied(app_of(echo)) as client:
        made = await client.get(PATH)
        given = await client.get(PATH, headers={"X-Request-Id": "mine-1"})

    assert headers_in(made)["x-request-id"] == made.headers["x-request-id"]
    assert headers_in(given)["x-request-id"] == given.headers["x-request-id"] == "mine-1"
