"""Everything that was ever in the event stream, also what was trimmed since."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from mlmon_scheduler.adapters.redis.keys import key

_STREAM = key("events", 1)
_PAUSE_SECONDS = 0.05


class EventRecorder:
    """Follows the stream through every fault of Valkey.

    Attributes:
        entries: Position and fields of each event since `start_anew`, in order, without copies.
        copies: How many events were appended a second time.
        is_doubling: Append each event that is read from now on a second time.
    """

    def __init__(self, redis_url: str) -> None:
        self.redis = Redis.from_url(
            redis_url,
            decode_responses=True,
            protocol=2,
            socket_timeout=1.0,
            retry=Retry(NoBackoff(), 0),
        )
        self._position = "0-0"
        self._copied: set[str] = set()
        self._forgotten = 0
        self._lock = asyncio.Lock()
        self._is_over = False
        self.entries: list[tuple[str, Mapping[str, str]]] = []
        self.is_doubling = False

    @property
    def copies(self) -> int:
        return len(self._copied)

    @asynccontextmanager
    async def recording(self) -> AsyncIterator["EventRecorder"]:
        task = asyncio.create_task(self._record())
        try:
            yield self
        finally:
            # Not by cancelling: a client in the middle of a call may take that for an error.
            self._is_over = True
            await task
            await self.redis.aclose()

    @asynccontextmanager
    async def at_rest(self) -> AsyncIterator[None]:
        """Send nothing meanwhile: a copy that the server takes unheard would pass for an event."""
        async with self._lock:
            yield

    async def start_anew(self) -> None:
        """Forget all events up to now."""
        await self.whole()
        async with self._lock:
            self._forgotten += len(self.entries) + self.copies
            self.entries.clear()
            self._copied.clear()
            self.is_doubling = False

    async def whole(self) -> list[tuple[str, Mapping[str, str]]]:
        """Return every event since `start_anew`; fails when one was trimmed unseen."""
        facts: Any = {}
        async with self._lock:
            while facts.get("last-generated-id") != self._position:
                await self._read()
                facts = await self.redis.xinfo_stream(_STREAM)
            known = self._forgotten + len(self.entries) + self.copies
            assert facts["entries-added"] == known, "events were missed"
            return list(self.entries)

    async def _record(self) -> None:
        while not self._is_over:
            # What fails is the fault of the test: go on when it is over.
            with suppress(RedisError, OSError):
                async with self._lock:
                    await self._read()
            await asyncio.sleep(_PAUSE_SECONDS)

    async def _read(self) -> None:
        """Read what is new; for who has the lock."""
        found: Any = await self.redis.xrange(_STREAM, min=f"({self._position}")
        for position, fields in found:
            if position not in self._copied:
                if self.is_doubling:
                    self._copied.add(str(await self.redis.xadd(_STREAM, fields)))
                self.entries.append((position, fields))
            self._position = position
