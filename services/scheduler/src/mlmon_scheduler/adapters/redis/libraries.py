"""Libraries of scripts that earlier versions of the scheduler left in Redis."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import redis.exceptions

from mlmon_scheduler.adapters.redis.commands import RedisCommands, hash_of
from mlmon_scheduler.adapters.redis.keys import key
from mlmon_scheduler.adapters.redis.scripts import LIBRARY_PREFIX

_NO_LIBRARY: Final = "Library not found"


class RedisLibraries(RedisCommands):
    """Implements `Libraries`.

    Args:
        scripts: On the Redis of live runs.
    """

    async def drop_replaced(self, *, after_ms: int) -> list[str]:
        """Delete the libraries that newer ones replaced so long ago; return their names.

        A scheduler that is put back loads its library again at its first call.
        """
        now_ms = await self._scripts.now_ms()
        replaced = hash_of(await self._do("HGETALL", key("replaced_bundles")))
        old = {name for name, at in replaced.items() if int(at) <= now_ms - after_ms}
        if not old:
            return []
        listed = await self._do("FUNCTION LIST", "LIBRARYNAME", f"{LIBRARY_PREFIX}*")
        dropped = []
        for library in listed:
            name = _name_of(library)
            if name.removeprefix(LIBRARY_PREFIX) in old and await self._drop(name):
                dropped.append(name)
        return dropped

    async def _drop(self, name: str) -> bool:
        try:
            await self._do("FUNCTION DELETE", name)
        except redis.exceptions.ResponseError as error:
            # Another replica was quicker.
            if _NO_LIBRARY not in str(error):
                raise
            return False
        return True


def _name_of(library: Any) -> str:  # noqa: ANN401 - RESP2 and RESP3 differ
    if isinstance(library, Mapping):
        return str(library["library_name"])
    pairs: Sequence[Any] = library
    return str(dict(zip(pairs[::2], pairs[1::2], strict=True))["library_name"])
