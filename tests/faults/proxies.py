"""A small HTTP proxy between agents and the scheduler, which loses answers or everything."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from enum import StrEnum

_HEAD_LIMIT = 64 * 1024


class Moment(StrEnum):
    """Of a request."""

    ASKED = "asked"
    """The agent has sent it, and the server does not know of it."""
    ACTED = "acted"
    """The server has answered, and the agent does not know of it."""


@dataclass
class Stop:
    """A moment of a request at which something happens, once; the request goes no further.

    Attributes:
        request: Method and path without ids, such as `POST accept`.
        is_reached: Whether it came to that.
    """

    request: str
    moment: Moment
    act: Callable[[], None]
    is_reached: bool = False


class FaultyProxy:
    """Passes one request per connection on; an answer is read to its end before it is given.

    Attributes:
        drop_every: Every so manieth answer is dropped after the server has acted; 0 drops none.
        is_cut: Whether nothing gets through at all.
        stop: Where a request is stopped, if one is to be.
        dropped: Number of dropped answers, by method and path without ids.
    """

    def __init__(self, upstream_port: int) -> None:
        self._upstream_port = upstream_port
        self._answers = 0
        self._open: set[asyncio.StreamWriter] = set()
        self._servers: list[asyncio.Server] = []
        self.port = 0
        self.drop_every = 0
        self.is_cut = False
        self.stop: Stop | None = None
        self.dropped: Counter[str] = Counter()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @asynccontextmanager
    async def serving(self) -> AsyncIterator["FaultyProxy"]:
        self.port = await self._listen("127.0.0.1", 0)
        try:
            yield self
        finally:
            for server in self._servers:
                server.close()
            self.cut()
            for server in self._servers:
                await server.wait_closed()

    async def listen(self, address: str) -> None:
        """Listen on another address of this host, too; on the same port."""
        await self._listen(address, self.port)

    def start_anew(self) -> None:
        """Lose nothing, and forget what was lost."""
        self.heal()
        self.stop = None
        self.drop_every = 0
        self._answers = 0
        self.dropped.clear()

    def cut(self) -> None:
        """Break every connection and refuse new ones."""
        self.is_cut = True
        for writer in self._open:
            writer.transport.abort()

    def heal(self) -> None:
        """Let requests through again."""
        self.is_cut = False

    async def _listen(self, address: str, port: int) -> int:
        server = await asyncio.start_server(self._serve, address, port, limit=_HEAD_LIMIT)
        self._servers.append(server)
        return int(server.sockets[0].getsockname()[1])

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        try:
            if not self.is_cut:
                await self._pass_on(reader, writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            writer.transport.abort()
        finally:
            self._open.discard(writer)
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        request_line, *lines = head.decode("latin-1").split("\r\n")[:-2]
        headers = {
            name.lower(): value.strip()
            for name, _, value in (line.partition(":") for line in lines)
        }
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        if self._is_stopped(request_line, Moment.ASKED):
            writer.transport.abort()
            return
        kept = [line for line in lines if not line.lower().startswith("connection:")]
        sent = "\r\n".join([request_line, *kept, "Connection: close", "", ""]).encode("latin-1")
        up_reader, up_writer = await asyncio.open_connection("127.0.0.1", self._upstream_port)
        try:
            up_writer.write(sent + body)
            answering = asyncio.create_task(up_reader.read(-1))
            leaving = asyncio.create_task(reader.read(1))
            try:
                await asyncio.wait({answering, leaving}, return_when=asyncio.FIRST_COMPLETED)
                if not answering.done():
                    return
                answer = answering.result()
            finally:
                for task in (answering, leaving):
                    task.cancel()
                await asyncio.gather(answering, leaving, return_exceptions=True)
        finally:
            up_writer.transport.abort()
        is_stopped = bool(answer) and self._is_stopped(request_line, Moment.ACTED)
        if not answer or is_stopped or self._loses(request_line):
            writer.transport.abort()
            return
        writer.write(answer)
        await writer.drain()

    def _loses(self, request_line: str) -> bool:
        self._answers += 1
        if not self.drop_every or self._answers % self.drop_every:
            return self.is_cut
        self.dropped[_name_of(request_line)] += 1
        return True

    def _is_stopped(self, request_line: str, moment: Moment) -> bool:
        stop = self.stop
        if stop is None or stop.is_reached:
            return False
        if (stop.request, stop.moment) != (_name_of(request_line), moment):
            return False
        stop.is_reached = True
        stop.act()
        return True


def _name_of(request_line: str) -> str:
    """Return method and path without ids."""
    method, path, _ = request_line.split(" ")
    parts = path.partition("?")[0].split("/")
    if ".mlmon" in parts:
        return f"{method} archive"
    return f"{method} {parts[-1] if parts[3] == 'runs' else parts[3]}"
