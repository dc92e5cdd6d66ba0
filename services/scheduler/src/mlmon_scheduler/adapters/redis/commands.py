"""Send Redis commands together with those of others, with our errors."""

from collections.abc import Mapping, Sequence
from typing import Any

from mlmon_scheduler.adapters.redis.scripts import Scripts


class RedisCommands:
    """What stores have in common.

    Args:
        scripts: On a client that decodes answers to text.
    """

    def __init__(self, scripts: Scripts) -> None:
        self._scripts = scripts

    async def _do(self, *command: Any) -> Any:  # noqa: ANN401 - whatever Redis answers
        return await self._scripts.do(*command)

    async def _many(self, commands: Sequence[tuple[Any, ...]]) -> list[Any]:
        return await self._scripts.do_all(commands) if commands else []


def hash_of(answer: Mapping[str, str] | Sequence[str]) -> dict[str, str]:
    """Return a hash's fields; RESP2 without a callback answers a flat list."""
    if isinstance(answer, Mapping):
        return dict(answer)
    return dict(zip(answer[::2], answer[1::2], strict=True))
