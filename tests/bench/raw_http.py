"""The least of an HTTP/1.1 client: it costs a tenth of what the server does for a request."""

import asyncio
import json
from collections import deque
from typing import Any, Final

_HEAD_END: Final = b"\r\n\r\n"


class RequestFailedError(Exception):
    """The server answered with an error."""


class HungUpError(Exception):
    """The server closed the connection."""


class RawConnection(asyncio.Protocol):
    """One connection that stays open; requests are answered in the order in which they are sent.

    Answers must have a Content-Length, as all of ours have but for streams.
    """

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._waiting: deque[asyncio.Future[tuple[int, bytes]]] = deque()
        self._buffer = b""

    @classmethod
    async def open(cls, host: str, port: int) -> "RawConnection":
        """Connect."""
        loop = asyncio.get_running_loop()
        _, connection = await loop.create_connection(cls, host, port)
        return connection

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        """Fail what waits."""
        self._transport = None
        for future in self._waiting:
            if not future.done():
                future.set_exception(HungUpError(f"the server hung up: {exc}"))
        self._waiting.clear()

    def data_received(self, data: bytes) -> None:
        """Hand over the answers that are complete."""
        self._buffer = self._buffer + data if self._buffer else data
        while True:
            head_end = self._buffer.find(_HEAD_END)
            if head_end < 0:
                return
            head = self._buffer[:head_end].lower()
            at = head.find(b"content-length:")
            size = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
            end = head_end + len(_HEAD_END) + size
            if len(self._buffer) < end:
                return
            body, self._buffer = self._buffer[end - size : end], self._buffer[end:]
            future = self._waiting.popleft()
            if not future.done():
                future.set_result((int(head[9:12]), body))

    async def send(self, request: bytes) -> tuple[int, bytes]:
        """Send a whole request, head and body, and return status and body of its answer."""
        if self._transport is None:
            raise HungUpError("the connection is closed")
        future: asyncio.Future[tuple[int, bytes]] = asyncio.get_running_loop().create_future()
        self._waiting.append(future)
        self._transport.write(request)
        return await future

    async def post(self, path: str, head: bytes, body: object) -> Any:
        """Send JSON and return the JSON that was answered.

        Args:
            path: Of the URL.
            head: Further header lines, each with its line end.
            body: What is sent, or bytes of JSON.

        Raises:
            RequestFailedError: The answer is an error.
        """
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        status, answer = await self.send(request_of("POST", path, head, content))
        if status >= 400:
            raise RequestFailedError(f"POST {path}: {status} {answer.decode(errors='replace')}")
        return json.loads(answer) if answer else None

    def close(self) -> None:
        """Hang up."""
        if self._transport is not None:
            self._transport.close()


def request_of(method: str, path: str, head: bytes, content: bytes = b"") -> bytes:
    """Return the bytes of a request."""
    return (
        f"{method} {path} HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(content)}\r\n"
    ).encode() + b"%s\r\n%s" % (head, content)
