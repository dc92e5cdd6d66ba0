"""Breakers in Redis."""

from collections.abc import Awaitable, Mapping
from typing import cast

import redis.asyncio

from mlmon_scheduler.adapters.redis.keys import key
from mlmon_scheduler.adapters.redis.scripts import NOT_OPEN, REDIS_AWAY, Scripts, unavailable
from mlmon_scheduler.application.stored import OpenBreaker
from mlmon_shared.wire.records import from_milliseconds


class RedisBreakerStore:
    """Implements `BreakerStore`.

    Args:
        client: Decoding answers to text.
        scripts: On the same client.
    """

    def __init__(self, client: redis.asyncio.Redis, scripts: Scripts) -> None:
        self._client = client
        self._scripts = scripts

    async def list_open_breakers(self) -> list[OpenBreaker]:
        """Return the breakers that are open, by job and version."""
        found = []
        try:
            names = await cast("Awaitable[set[str]]", self._client.smembers(key("breakers")))
            for job, version in sorted(_parts(name) for name in names):
                fields = await cast(
                    "Awaitable[Mapping[str, str]]",
                    self._client.hgetall(key("breaker", job, version)),
                )
                if fields:
                    at = from_milliseconds(fields["at"])
                    found.append(OpenBreaker(job, version, fields["reason"], at))
        except REDIS_AWAY as error:
            raise unavailable(error) from error
        return found

    async def close_breaker(self, job: str, version: int, who: str) -> bool:
        """Close a breaker; False when it is not open."""
        status, _ = await self._scripts.call("close_breaker", [key("ep")], [job, version, who])
        return status != NOT_OPEN


def _parts(name: str) -> tuple[str, int]:
    job, _, version = name.rpartition(":")
    return job, int(version)
