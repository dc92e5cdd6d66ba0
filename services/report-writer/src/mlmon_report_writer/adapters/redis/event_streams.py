"""The streams of events and their watermarks, in Redis."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from mlmon_report_writer.adapters.redis.keys import events_key, watermark_key
from mlmon_report_writer.domain.events import STREAM_START, Continuity, Entry, Offset
from mlmon_shared.errors import StoreUnavailableError

_TIMEOUT_SECONDS: Final = 5.0
_LAST_NUMBER: Final = 2**64 - 1


class RedisEventStreams:
    """Reads the streams of one shard.

    Args:
        url: Of the scheduler's Redis.
        shard: Whose streams.
    """

    def __init__(self, url: str, shard: str) -> None:
        self._shard = shard
        # Two connections: a waiting read holds its own, so readiness never queues behind it.
        self._reader = _connect(url)
        self._writer = _connect(url)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._reader.aclose()
        await self._writer.aclose()

    async def read(
        self, offsets: Sequence[Offset], *, limit: int, wait_seconds: float
    ) -> Mapping[int, Sequence[Entry]]:
        """Return the entries after each offset, by epoch; see the port."""
        epochs = {events_key(self._shard, offset.epoch): offset for offset in offsets}
        positions: dict[Any, Any] = {key: offset.position for key, offset in epochs.items()}
        async with _mapped_errors():
            found: Any = await self._reader.xread(
                positions, count=limit, block=max(1, round(wait_seconds * 1000))
            )
        return {
            epochs[key].epoch: [Entry(position, fields) for position, fields in entries]
            for key, entries in found
        }

    async def find_continuity(self, offset: Offset) -> Continuity:
        """Say whether the stream still holds what history has read last of it; see the port.

        The scheduler trims a stream below the watermark, never the entry at it.
        """
        name = events_key(self._shard, offset.epoch)
        if await self._find_after(name, _before(offset.position)) == offset.position:
            return Continuity.WHOLE
        first = await self._find_after(name, STREAM_START)
        if first is not None and _position(first) > _position(offset.position):
            return Continuity.AHEAD
        return Continuity.BEHIND

    async def _find_after(self, name: str, position: str) -> str | None:
        # XREAD, because it is all that report-writer's user of Redis may do with a stream.
        async with _mapped_errors():
            found: Any = await self._writer.xread({name: position}, count=1)
        return str(found[0][1][0][0]) if found else None

    async def publish_watermark(self, offset: Offset) -> None:
        """Say that everything up to the offset is durable in history."""
        async with _mapped_errors():
            await self._writer.set(watermark_key(self._shard, offset.epoch), offset.position)

    async def check(self) -> str | None:
        """Say what is wrong, for readiness."""
        try:
            async with _mapped_errors():
                await self._writer.ping()
        except StoreUnavailableError as error:
            return error.detail
        return None


def _before(position: str) -> str:
    """Return the position right before another."""
    milliseconds, number = _position(position)
    return f"{milliseconds}-{number - 1}" if number else f"{milliseconds - 1}-{_LAST_NUMBER}"


def _position(text: str) -> tuple[int, int]:
    milliseconds, _, number = text.partition("-")
    return int(milliseconds), int(number)


def _connect(url: str) -> Redis:
    # Text of a container may not be UTF-8: replaced, because a refusal would stop the drain.
    # No retries here: the loop retries, and would wait twice.
    return Redis.from_url(
        url,
        protocol=2,
        decode_responses=True,
        encoding_errors="replace",
        socket_timeout=_TIMEOUT_SECONDS,
        socket_connect_timeout=_TIMEOUT_SECONDS,
        retry=Retry(NoBackoff(), 0),
        client_name="mlmon-report-writer",
    )


@asynccontextmanager
async def _mapped_errors() -> AsyncIterator[None]:
    try:
        yield
    except (RedisError, OSError) as error:
        raise StoreUnavailableError(
            f"Redis does not answer: {error or type(error).__name__}", retry_after_seconds=2
        ) from error
