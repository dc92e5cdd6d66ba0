"""Send Redis commands, with our errors."""

from collections.abc import Mapping, Sequence
from typing import Any

import redis.asyncio

from mlmon_scheduler.adapters.redis.scripts import REDIS_AWAY, unavailable


class RedisCommands:
    """What stores have in common.

    Args:
        client: Decoding answers to text.
    """

    def __init__(self, client: redis.asyncio.Redis) -> None:
        self._client = client

    async def _do(self, *command: Any) -> Any:  # noqa: ANN401 - whatever Redis answers
        try:
            return await self._client.execute_command(*command)  # type: ignore[no-untyped-call]
        except REDIS_AWAY as error:
            raise unavailable(error) from error

    async def _many(self, commands: Sequence[tuple[Any, ...]]) -> list[Any]:
        if not commands:
            return []
        try:
            async with self._client.pipeline(transaction=False) as pipeline:
                for command in commands:
                    pipeline.execute_command(*command)
                return await pipeline.execute()
        except REDIS_AWAY as error:
            raise unavailable(error) from error


def hash_of(answer: Mapping[str, str] | Sequence[str]) -> dict[str, str]:
    """Return a hash's fields; RESP2 without a callback answers a flat list."""
    if isinstance(answer, Mapping):
        return dict(answer)
    return dict(zip(answer[::2], answer[1::2], strict=True))
