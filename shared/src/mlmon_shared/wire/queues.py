"""How long the queues are, and what is stopped by gates."""

from datetime import datetime

from mlmon_shared.wire.models import WireModel
from mlmon_shared.wire.states import Lane


class QueueDocument(WireModel):
    """Runs that wait for an agent, by the pools that they may take and their lane.

    Attributes:
        pools: The preferred first; empty for any.
        queued: Runs.
        clients: Whose runs they are.
    """

    pools: list[str] = []
    lane: Lane
    queued: int
    clients: int


class GateDocument(WireModel):
    """A gate at which runs are parked.

    Attributes:
        gate: `job:<job>`, `client:<client>:<job>`, `resource:<name>` or
            `breaker:<job>:<version>`.
        parked: Runs that wait for room.
    """

    gate: str
    parked: int


class QueuesDocument(WireModel):
    """What waits, at one moment.

    Attributes:
        queues: The most urgent lane first, then the longest.
        gates: With parked runs, the most first.
        delayed: Runs that wait for a time.
        live: Runs that are not final, whatever they wait for, those that run among them.
        memory_share: Of the store's memory, 0 where it has no limit; from 0.8 on nothing new is
            taken.
    """

    queues: list[QueueDocument] = []
    gates: list[GateDocument] = []
    delayed: int
    live: int
    memory_share: float = 0.0
    as_of: datetime
