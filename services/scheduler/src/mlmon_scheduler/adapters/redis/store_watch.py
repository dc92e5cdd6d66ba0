"""Look at a Redis that one connects to anew, before anything is written to it."""

from typing import Any

import redis.exceptions
import structlog
from redis.asyncio.connection import AbstractConnection

from mlmon_scheduler.adapters.redis.keys import key

log = structlog.get_logger(__name__)


class StoreWatch:
    """Remembers the newest event that this replica has seen.

    A Redis that was restarted or failed over breaks every connection. One that comes back
    without an event that was seen before is older than it was; it gets no call until the shard
    was recovered.

    Attributes:
        is_behind: The store is older than this replica has seen it.
    """

    def __init__(self) -> None:
        self.is_behind = False
        self._seen = (0, 0, 0)

    @property
    def epoch(self) -> int:
        """The newest epoch seen, 0 for none."""
        return self._seen[0]

    def note(self, epoch: int, position: str) -> None:
        """Remember an event."""
        self._seen = max(self._seen, _place(epoch, position))

    def is_older(self, epoch: int, newest: str) -> bool:
        """Tell whether a store whose newest event is this one lacks what was seen before."""
        return _place(epoch, newest) < self._seen

    async def on_connect(self, connection: AbstractConnection) -> None:
        """Prepare a new connection, and refuse it while the store is older than it was."""
        await connection.on_connect()
        # Before the answer: what others see meanwhile is not missing in it.
        seen = self._seen
        epoch = await _ask(connection, "HGET", key("ep"), "epoch")
        if epoch is None:
            # Nothing can be written to it, and its recovery begins by itself.
            return
        newest = await _ask(connection, "XREVRANGE", key("events", epoch), "+", "-", "COUNT", 1)
        is_behind = _place(int(epoch), newest[0][0] if newest else "") < seen
        if is_behind and not self.is_behind:
            log.error("the store is older than it was", epoch=int(epoch))
        self.is_behind = is_behind
        if is_behind:
            raise redis.exceptions.ConnectionError(
                "the queue's store is older than it was; it is being recovered"
            )


def _place(epoch: int, position: str) -> tuple[int, int, int]:
    milliseconds, _, number = position.partition("-")
    return epoch, int(milliseconds or 0), int(number or 0)


async def _ask(connection: AbstractConnection, *command: object) -> Any:  # noqa: ANN401 - Redis
    await connection.send_command(*command)
    return await connection.read_response()
