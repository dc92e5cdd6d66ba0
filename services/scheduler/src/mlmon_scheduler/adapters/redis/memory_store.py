"""How full Redis is."""

from mlmon_scheduler.adapters.redis.commands import RedisCommands
from mlmon_scheduler.adapters.redis.keys import key


class RedisMemoryStore(RedisCommands):
    """Implements `MemoryStore`.

    Args:
        scripts: On the Redis of live runs.
    """

    async def read_memory(self) -> tuple[int, int]:
        """Return bytes used, and `maxmemory`; 0 for no limit."""
        found = await self._do("INFO", "memory")
        return int(found["used_memory"]), int(found["maxmemory"])

    async def keep_progress(self, *, is_kept: bool) -> None:
        """Have `beat` tell history of phases, or not."""
        if is_kept:
            await self._do("HDEL", key("ep"), "drops_progress")
        else:
            await self._do("HSET", key("ep"), "drops_progress", "1")
