"""Live log tails, in a Redis of their own without persistence."""

from collections.abc import Awaitable
from typing import Any, Final, cast

import redis.asyncio

from mlmon_scheduler.adapters.redis.keys import key
from mlmon_scheduler.adapters.redis.scripts import REDIS_AWAY, log_script, unavailable
from mlmon_shared.wire.log_archives import LogRecord

_READ_LIMIT: Final = 100


class RedisLogTails:
    """Implements `LogTails`.

    Args:
        client: Not decoding answers, since logs are bytes.
        limit_bytes: Kept of each attempt; the oldest chunks go first.
        keep_seconds: After the last chunk.
    """

    def __init__(self, client: redis.asyncio.Redis, *, limit_bytes: int, keep_seconds: int) -> None:
        self._client = client
        self._append = client.register_script(log_script())
        self._limit_bytes = limit_bytes
        self._keep_seconds = keep_seconds

    async def append(
        self,
        attempt_id: str,
        stream: str,
        seq: int,
        *,
        offset: int,
        data: bytes,
        missing: int = 0,
        fence: str = "",
    ) -> None:
        """Append a chunk, once."""
        try:
            await cast(
                "Awaitable[Any]",
                self._append(
                    keys=[key("log", attempt_id), key("log_position", attempt_id)],
                    args=[
                        stream,
                        seq,
                        offset,
                        data,
                        self._limit_bytes,
                        self._keep_seconds,
                        missing,
                        fence,
                    ],
                ),
            )
        except REDIS_AWAY as error:
            raise unavailable(error) from error

    async def read(
        self, attempt_id: str, fence: str, *, after: str, wait_seconds: float
    ) -> tuple[str, list[LogRecord]]:
        """Return chunks after a position, waiting for the first; and the new position."""
        block = round(wait_seconds * 1000) or None
        try:
            found: Any = await self._client.xread(
                {key("log", attempt_id): after}, count=_READ_LIMIT, block=block
            )
        except REDIS_AWAY as error:
            raise unavailable(error) from error
        chunks: list[LogRecord] = []
        position = after
        streams = found.items() if isinstance(found, dict) else found or []
        for _, batches in streams:
            entries = batches[0] if batches and isinstance(batches[0], list) else batches
            for entry_id, fields in entries:
                position = entry_id.decode()
                # Agents of an earlier version do not say of which lease they speak.
                if fields.get(b"fence", b"").decode() not in {"", fence}:
                    continue
                chunks.append(
                    LogRecord(
                        fields[b"stream"].decode(),
                        int(fields[b"offset"]),
                        fields[b"data"],
                        # Tails of an earlier version do not say.
                        int(fields.get(b"missing", 0)),
                    )
                )
        return position, chunks

    async def exists(self, attempt_id: str) -> bool:
        """Tell whether there is a tail."""
        try:
            return bool(await self._client.exists(key("log", attempt_id)))
        except REDIS_AWAY as error:
            raise unavailable(error) from error
