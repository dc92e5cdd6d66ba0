"""Read answers that go on until something ends, such as a log that is followed."""

import asyncio
import contextlib
import struct
import threading
from collections import deque
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from functools import partial
from typing import Final

import requests
import structlog
import urllib3

from mlmon_worker_agent.adapters.docker.engines import Engine

log = structlog.get_logger(__name__)

STREAM_NAMES: Final = {1: "stdout", 2: "stderr"}
_HEADER: Final = struct.Struct(">BxxxL")
_BLOCK: Final = 64 * 1024
_MOST_HELD: Final = 4 * 2**20
_FAULTS: Final = (requests.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError)


async def read_stream(begin: Callable[[], requests.Response]) -> AsyncGenerator[bytes, None]:
    """Yield an answer's body as it arrives; it just ends when the connection breaks.

    A thread reads; it stops when the generator is closed, and does not read far ahead.

    Args:
        begin: Makes the request; called in the thread.
    """
    reader = _Reader(begin, asyncio.get_running_loop())
    reader.start()
    try:
        while True:
            await reader.news.wait()
            reader.news.clear()
            blocks, has_ended = reader.take()
            if blocks:
                yield b"".join(blocks)
            if has_ended:
                return
    finally:
        reader.abandon()


class Frames:
    """Takes the engine's multiplexed log apart: each frame says its stream and its length."""

    def __init__(self) -> None:
        self._rest = bytearray()

    def feed(self, block: bytes) -> list[tuple[str, bytes]]:
        """Return the whole frames so far; neighbours of the same stream are joined."""
        self._rest += block
        parts: list[tuple[str, bytearray]] = []
        position = 0
        while len(self._rest) - position >= _HEADER.size:
            kind, length = _HEADER.unpack_from(self._rest, position)
            begin = position + _HEADER.size
            if len(self._rest) < begin + length:
                break
            position = begin + length
            name = STREAM_NAMES.get(kind)
            if name is None:
                continue
            if not parts or parts[-1][0] != name:
                parts.append((name, bytearray()))
            parts[-1][1].extend(self._rest[begin:position])
        del self._rest[:position]
        return [(name, bytes(data)) for name, data in parts]


class _Reader(threading.Thread):
    """Reads one answer in a thread."""

    def __init__(
        self, begin: Callable[[], requests.Response], loop: asyncio.AbstractEventLoop
    ) -> None:
        super().__init__(name="docker-stream", daemon=True)
        self.news = asyncio.Event()
        self._begin = begin
        self._loop = loop
        self._changed = threading.Condition()
        self._blocks: deque[bytes] = deque()
        self._held = 0
        self._has_ended = False
        self._is_abandoned = False
        self._response: requests.Response | None = None

    def run(self) -> None:
        try:
            response = self._begin()
            with response:
                with self._changed:
                    self._response = response
                    is_abandoned = self._is_abandoned
                if not is_abandoned:
                    self._read(response)
        except _FAULTS as error:
            if not self._is_abandoned:
                log.debug("stream of the engine broke off", error=str(error))
        finally:
            with self._changed:
                self._response = None
                self._has_ended = True
            self._announce()

    def take(self) -> tuple[list[bytes], bool]:
        """Return what was read since, and whether that is all."""
        with self._changed:
            blocks = list(self._blocks)
            self._blocks.clear()
            self._held = 0
            self._changed.notify_all()
            return blocks, self._has_ended

    def abandon(self) -> None:
        """Read no more, also in the middle of waiting for something to read."""
        with self._changed:
            self._is_abandoned = True
            self._changed.notify_all()
            if self._response is not None:
                try:
                    self._response.raw.shutdown()
                except (OSError, RuntimeError, ValueError) as error:
                    log.debug("stream of the engine not shut down", error=str(error))

    def _read(self, response: requests.Response) -> None:
        for block in response.raw.stream(_BLOCK, decode_content=False):
            with self._changed:
                self._changed.wait_for(lambda: self._is_abandoned or self._held < _MOST_HELD)
                if self._is_abandoned:
                    return
                self._blocks.append(block)
                self._held += len(block)
                is_first = len(self._blocks) == 1
            if is_first:
                self._announce()

    def _announce(self) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            self._loop.call_soon_threadsafe(self.news.set)


async def read_log(
    engine: Engine, path: str, *, is_followed: bool
) -> AsyncGenerator[tuple[str, bytes], None]:
    """Yield a container's log from its beginning, by stream.

    Args:
        engine: That has the container.
        path: Of the log in the engine's API.
        is_followed: Go on until the container ends.
    """
    reading = partial(
        engine.open_stream, "GET", path, stdout="1", stderr="1", follow="1" if is_followed else "0"
    )
    frames = Frames()
    async with aclosing(read_stream(reading)) as blocks:
        async for block in blocks:
            for stream, data in frames.feed(block):
                yield stream, data
