"""Pass requests on to a service in another process, piece by piece, as they come."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from typing import Final
from urllib.parse import quote

import httpx
import structlog
from starlette.types import ASGIApp, Receive, Scope, Send

from mlmon_shared.clients.http_clients import open_http_client
from mlmon_shared.errors import ServiceUnavailableError
from mlmon_shared.http.problems import problem_response
from mlmon_shared.http.request_ids import RequestIdMiddleware, request_id_of

_CONNECT_SECONDS: Final = 5.0
_KEEP_SECONDS: Final = 2.0
"""Less than uvicorn keeps an idle connection: a request must not meet its end."""
_HOP_BY_HOP: Final = frozenset(
    {b"connection", b"keep-alive", b"te", b"trailer", b"transfer-encoding", b"upgrade"}
)
_REQUEST_ID: Final = b"x-request-id"
_OF_ANY_SERVER: Final = frozenset({b"date", b"server"})
"""Headers that the server in front adds by itself."""

Headers = list[tuple[bytes, bytes]]
log = structlog.get_logger(__name__)


def proxy_client(url: str) -> httpx.AsyncClient:
    """Return a client for a proxy: answers may take any time, and any number may be open."""
    return open_http_client(
        base_url=url,
        timeout=httpx.Timeout(None, connect=_CONNECT_SECONDS),
        limits=httpx.Limits(max_connections=None, keepalive_expiry=_KEEP_SECONDS),
    )


def create_proxy(name: str, client: httpx.AsyncClient) -> ASGIApp:
    """Return an ASGI app that passes requests on, and gives each an id if it has none.

    Args:
        name: Of the service, for errors.
        client: Of `proxy_client`; the caller closes it.
    """
    return RequestIdMiddleware(ProxyApp(name, client))


class ProxyApp:
    """An ASGI app that passes requests on; a caller who leaves ends the request behind too.

    Paths, queries, bodies and end-to-end headers are passed on as they are. What cannot be
    reached is answered 503.
    """

    def __init__(self, name: str, client: httpx.AsyncClient) -> None:
        self._name = name
        self._client = client

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one ASGI scope of type http."""
        incoming = _Incoming(scope, receive)
        passing = asyncio.create_task(self._pass_on(scope, incoming, send))
        leaving = asyncio.create_task(incoming.wait_gone())
        tasks = (passing, leaving)
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        for task in tasks:
            if not task.cancelled():
                task.result()

    async def _pass_on(self, scope: Scope, incoming: "_Incoming", send: Send) -> None:
        try:
            answer = await self._client.send(self._request(scope, incoming), stream=True)
        except _CallerGoneError:
            return
        except httpx.TransportError as error:
            problem = ServiceUnavailableError(
                f"{self._name} does not answer: {_text(error)}", retry_after_seconds=1
            )
            refused = problem_response(problem, request_id=request_id_of(scope))
            await refused(scope, incoming.receive, send)
            return
        try:
            await _answer(answer, send)
        except httpx.TransportError as error:
            # Without its last message the server cuts the response off: the caller must not
            # take half of it for the whole.
            log.warning("service broke off its answer", service=self._name, detail=_text(error))
        finally:
            await answer.aclose()

    def _request(self, scope: Scope, incoming: "_Incoming") -> httpx.Request:
        """Return the request to send.

        It is made without the client's own headers and cookies, which are none of the
        caller's, and its target is not parsed and written anew.
        """
        headers = [item for item in _end_to_end(scope["headers"]) if item[0] != _REQUEST_ID]
        request_id = request_id_of(scope)
        if request_id is not None:
            headers.append((_REQUEST_ID, request_id.encode()))
        target: bytes = scope.get("raw_path") or quote(scope["path"]).encode()
        if scope["query_string"]:
            target += b"?" + scope["query_string"]
        return httpx.Request(
            scope["method"],
            self._client.base_url,
            headers=headers,
            content=incoming.pieces() if incoming.has_body else None,
            extensions={"timeout": self._client.timeout.as_dict(), "target": target},
        )


class _CallerGoneError(Exception):
    """The caller left before the body was complete."""


class _Incoming:
    """A request's body, and then the news that the caller has gone."""

    def __init__(self, scope: Scope, receive: Receive) -> None:
        self.receive = receive
        names = {name.lower(): value for name, value in scope["headers"]}
        length = names.get(b"content-length", b"0")
        self.has_body = b"transfer-encoding" in names or length != b"0"
        self._is_read = asyncio.Event()
        if not self.has_body:
            self._is_read.set()

    async def pieces(self) -> AsyncIterator[bytes]:
        """Yield the body; raise when the caller leaves before its end."""
        while True:
            message = await self.receive()
            if message["type"] == "http.disconnect":
                raise _CallerGoneError
            if message.get("body"):
                yield message["body"]
            if not message.get("more_body", False):
                self._is_read.set()
                return

    async def wait_gone(self) -> None:
        """Return when the caller has left; only once the body was read, if there is one."""
        await self._is_read.wait()
        while (await self.receive())["type"] != "http.disconnect":
            continue


async def _answer(answer: httpx.Response, send: Send) -> None:
    headers = [item for item in _end_to_end(answer.headers.raw) if item[0] not in _OF_ANY_SERVER]
    await send(
        {"type": "http.response.start", "status": answer.status_code, "headers": headers},
    )
    async for piece in answer.aiter_raw():
        await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


def _end_to_end(headers: Iterable[tuple[bytes, bytes]]) -> Headers:
    """Return the headers that are not of one connection alone, their names in lower case."""
    lowered = [(name.lower(), value) for name, value in headers]
    named = {
        option.strip().lower()
        for name, value in lowered
        if name == b"connection"
        for option in value.split(b",")
    }
    return [
        (name, value)
        for name, value in lowered
        if name not in _HOP_BY_HOP and name not in named and not name.startswith(b"proxy-")
    ]


def _text(error: Exception) -> str:
    return str(error) or type(error).__name__
