"""One reader of the event stream and of the wake channel per replica, for everybody who waits."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any, Final, cast

import redis.asyncio
import structlog

from mlmon_scheduler.adapters.redis.keys import key
from mlmon_scheduler.adapters.redis.scripts import REDIS_AWAY
from mlmon_scheduler.application.parked_polls import ParkedPolls
from mlmon_scheduler.domain.shapes import pools_of

_BLOCK_MS: Final = 1000
_PAUSE_SECONDS: Final = 0.5
_GATHER_SECONDS: Final = 0.01
_PATIENCE_SECONDS: Final = 10.0
_START: Final = "0-0"

log = structlog.get_logger(__name__)


class EventHub:
    """Wakes waiters: of a run or batch when it changes, of an agent when there is news.

    A wake-up is a hint: the waiter looks again for itself. When the connection to Redis
    breaks, everybody is woken once it is back, since events may have been missed.

    Args:
        client: Decoding answers to text; the hub takes two connections from its pool.
        polls: Told what was queued.
        on_event: Told epoch and position of the newest event that was read.
    """

    def __init__(
        self,
        client: redis.asyncio.Redis,
        polls: ParkedPolls,
        on_event: Callable[[int, str], None] = lambda _epoch, _position: None,
    ) -> None:
        self._client = client
        self._polls = polls
        self._on_event = on_event
        self._waiters: dict[str, set[asyncio.Event]] = {}
        self.is_stopping = False

    def stop(self) -> None:
        """Wake everybody for the last time: this replica is stopping."""
        self.is_stopping = True
        self.notify_all()

    @asynccontextmanager
    async def listen(self, *topics: str) -> AsyncIterator[asyncio.Event]:
        """Yield an event that is set at each piece of news about one of the topics.

        Args:
            *topics: `run:<id>`, `batch:<id>`, `agent:<id>`, `queue`.
        """
        event = asyncio.Event()
        for topic in topics:
            self._waiters.setdefault(topic, set()).add(event)
        try:
            yield event
        finally:
            for topic in topics:
                self._waiters[topic].discard(event)
                if not self._waiters[topic]:
                    del self._waiters[topic]

    def notify(self, topic: str) -> None:
        """Wake who waits for the topic."""
        for event in self._waiters.get(topic, ()):
            event.set()

    def notify_all(self) -> None:
        """Wake everybody."""
        for topic in list(self._waiters):
            self.notify(topic)
        self._polls.wake_all()

    async def follow_events(self) -> None:
        """Read the event stream until cancelled."""
        position = _START
        epoch: str | None = None
        away = _Absence()
        while True:
            try:
                if epoch is None:
                    epoch = await cast(
                        "Awaitable[str | None]", self._client.hget(key("ep"), "epoch")
                    )
                    if epoch is None:
                        await asyncio.sleep(_PAUSE_SECONDS)
                        continue
                    # Not "$": what comes between two reads would be missed.
                    position = await self._newest(epoch)
                    self._on_event(int(epoch), position)
                    self.notify_all()
                found = await self._client.xread(
                    {key("events", epoch): position}, count=1000, block=_BLOCK_MS
                )
            except REDIS_AWAY as error:
                away.note("event stream", error)
                await asyncio.sleep(_PAUSE_SECONDS)
                epoch = None
                continue
            away.end()
            newest = self._dispatch(found)
            if newest is None:
                # Nothing comes from the stream of an epoch that is over; look whether it is.
                epoch = await self._unless_over(epoch)
                continue
            position = newest
            self._on_event(int(epoch), position)
            # Under load, what comes meanwhile is read at once: a read costs more than an event.
            await asyncio.sleep(_GATHER_SECONDS)

    async def _unless_over(self, epoch: str) -> str | None:
        try:
            found = await cast("Awaitable[str | None]", self._client.hget(key("ep"), "epoch"))
        except REDIS_AWAY:
            return None
        return epoch if found == epoch else None

    async def _newest(self, epoch: str) -> str:
        newest: Any = await self._client.xrevrange(key("events", epoch), count=1)
        return str(newest[0][0]) if newest else _START

    async def follow_wakes(self) -> None:
        """Read the wake channel until cancelled."""
        away = _Absence()
        while True:
            subscription = self._client.pubsub(ignore_subscribe_messages=True)
            try:
                await subscription.subscribe(key("wake"))
                away.end()
                self.notify_all()
                async for message in subscription.listen():
                    self._wake(str(message["data"]))
            except REDIS_AWAY as error:
                away.note("wake channel", error)
                await asyncio.sleep(_PAUSE_SECONDS)
            finally:
                with suppress(*REDIS_AWAY):
                    await subscription.aclose()  # type: ignore[no-untyped-call]

    def _wake(self, message: str) -> None:
        kind, _, name = message.partition(":")
        if kind == "agent":
            self.notify(f"agent:{name}")
        elif kind == "queued":
            of_class, _, shape = name.partition("|")
            self._polls.wake(pools_of(of_class), shape)
        else:
            self._polls.wake_all()

    def _dispatch(self, found: Any) -> str | None:  # noqa: ANN401 - RESP2 and RESP3 differ
        streams = found.items() if isinstance(found, dict) else found or []
        last = None
        for _, batches in streams:
            entries = batches[0] if batches and isinstance(batches[0], list) else batches
            for position, fields in entries:
                last = position
                self.notify(f"{fields['kind']}:{fields['id']}")
                if fields["kind"] == "attempt":
                    self.notify(f"run:{fields['run']}")
                if fields.get("batch"):
                    self.notify(f"batch:{fields['batch']}")
        if last is not None:
            self.notify("queue")
        return last


class _Absence:
    """Says softly that Redis is away, and aloud when it stays away."""

    def __init__(self) -> None:
        self._since: float | None = None

    def note(self, what: str, error: Exception) -> None:
        """Log one failure."""
        now = asyncio.get_running_loop().time()
        self._since = self._since or now
        tell = log.warning if now - self._since >= _PATIENCE_SECONDS else log.info
        tell(f"{what} is away", detail=str(error))

    def end(self) -> None:
        """Forget it: Redis answers."""
        self._since = None
