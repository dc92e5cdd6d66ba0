"""Say how long the queues are."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from mlmon_scheduler.application.watch_memory import MemoryWatcher
from mlmon_shared.wire.queues import GateDocument, QueueDocument, QueuesDocument
from mlmon_shared.wire.records import from_milliseconds
from mlmon_shared.wire.states import Lane


@dataclass(frozen=True)
class QueueLengths:
    """What the store counts."""

    queues: Sequence[QueueDocument]
    gates: Sequence[GateDocument]
    delayed: int
    live: int
    now_ms: int


class LengthStore(Protocol):
    """Counts what waits."""

    async def read_lengths(self) -> QueueLengths:
        """Return what waits now."""


class QueueOverviewer:
    """Shows the queues at one moment.

    Args:
        store: Counts.
        memory: Knows how full the store is.
    """

    def __init__(self, store: LengthStore, memory: MemoryWatcher) -> None:
        self._store = store
        self._memory = memory

    async def overview_queues(self) -> QueuesDocument:
        """Return what waits for agents, at gates and for a time."""
        found = await self._store.read_lengths()
        lanes = list(Lane)
        return QueuesDocument(
            queues=sorted(found.queues, key=lambda each: (lanes.index(each.lane), -each.queued)),
            gates=sorted(found.gates, key=lambda each: -each.parked),
            delayed=found.delayed,
            live=found.live,
            memory_share=round(self._memory.share, 4),
            as_of=from_milliseconds(found.now_ms),
        )
