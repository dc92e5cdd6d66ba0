"""Read from Redis how long the queues are."""

from mlmon_scheduler.adapters.redis.commands import RedisCommands
from mlmon_scheduler.adapters.redis.keys import key
from mlmon_scheduler.application.overview_queues import QueueLengths
from mlmon_scheduler.domain.shapes import pools_of
from mlmon_shared.wire.queues import GateDocument, QueueDocument
from mlmon_shared.wire.states import Lane


class RedisQueueLengths(RedisCommands):
    """Implements `LengthStore`.

    Args:
        scripts: On the Redis of live runs.
    """

    async def read_lengths(self) -> QueueLengths:
        """Return what waits; as quick however many runs that are."""
        names, gates, delayed, live = await self._many(
            [
                ("SMEMBERS", key("open_queues")),
                ("SMEMBERS", key("full_gates")),
                ("ZCARD", key("delayed")),
                ("ZCARD", key("live")),
            ]
        )
        places = [name.rsplit("|", 1) for name in sorted(names)]
        sizes = await self._many(
            [
                command
                for place in places
                for command in (("ZCARD", key("queue", *place)), ("HLEN", key("bests", *place)))
            ]
        )
        parked = await self._many([("ZCARD", key("parked", gate)) for gate in sorted(gates)])
        queues = [
            QueueDocument(
                pools=pools_of(of_class) or [],
                lane=Lane(lane),
                queued=queued,
                clients=clients,
            )
            for (of_class, lane), queued, clients in zip(
                places, sizes[::2], sizes[1::2], strict=True
            )
            if queued
        ]
        return QueueLengths(
            queues=queues,
            gates=[
                GateDocument(gate=gate, parked=runs)
                for gate, runs in zip(sorted(gates), parked, strict=True)
                if runs
            ],
            delayed=delayed,
            live=live,
            now_ms=await self._scripts.now_ms(),
        )
