"""Which agents are kept for runs that fit none now (conservative backfill, one run an agent).

After Lifka, "The ANL/IBM SP Scheduling System" (1995): a large run gets a time at which room is
expected; what surely ends before may go first.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

from mlmon_scheduler.domain.forecasts import remaining_seconds
from mlmon_scheduler.domain.placements import Host, fitting_agents
from mlmon_scheduler.domain.shapes import is_exclusive, vector_of
from mlmon_shared.wire.agent_protocol import Vector


class Attempt(Protocol):
    """What an agent holds."""

    @property
    def started_ms(self) -> int:
        """When it began."""

    @property
    def expected(self) -> float:
        """Seconds that its run is expected to take."""

    @property
    def vector(self) -> Vector:
        """What it takes of the host."""


class BusyHost(Host, Protocol):
    """An agent with what it holds."""

    @property
    def id(self) -> str:
        """Of the agent."""

    @property
    def used(self) -> Vector:
        """What is taken."""

    @property
    def held(self) -> Sequence[Attempt]:
        """What it holds."""


@dataclass(frozen=True)
class WaitingShape:
    """The run whose turn is next among those of one shape in one queue.

    Attributes:
        pools: That may take it; None: any.
    """

    run_id: str
    shape: str
    pools: Sequence[str] | None
    queued_ms: int


@dataclass(frozen=True)
class Reservation:
    """An agent that is kept for a run, and when it is expected to have room."""

    run_id: str
    agent_id: str
    room_at_ms: int


def needs_reservation(
    waiting: WaitingShape, agents: Sequence[BusyHost], now_ms: int, *, after_seconds: float
) -> bool:
    """Tell whether the run has waited long, and some agent is large enough but none has room."""
    if now_ms - waiting.queued_ms < after_seconds * 1000:
        return False
    fitting = fitting_agents(waiting.shape, agents)
    return bool(fitting) and not any(
        room_at_ms(waiting.shape, agent, now_ms) <= now_ms for agent in fitting
    )


def choose_agent(
    waiting: WaitingShape, agents: Sequence[BusyHost], taken: Collection[str], now_ms: int
) -> Reservation | None:
    """Return the agent that is expected to have room first, of those that are not taken."""
    choices = [
        (room_at_ms(waiting.shape, agent, now_ms), agent.id)
        for agent in fitting_agents(waiting.shape, agents)
        if agent.id not in taken
    ]
    if not choices:
        return None
    room_at, agent_id = min(choices)
    return Reservation(waiting.run_id, agent_id, room_at)


def room_at_ms(shape: str, agent: BusyHost, now_ms: int) -> int:
    """Return when the agent is expected to have room for the shape, if it gets nothing more."""
    needed, free = vector_of(shape), agent.capacity.minus(agent.used)
    ends = sorted(
        ((_end_ms(held, now_ms), held.vector) for held in agent.held), key=lambda end: end[0]
    )
    if is_exclusive(shape):
        return ends[-1][0] if ends else now_ms
    if needed.fits_into(free):
        return now_ms
    for end_ms, vector in ends:
        free = free.plus(vector)
        if needed.fits_into(free):
            return end_ms
    return ends[-1][0] if ends else now_ms


def _end_ms(held: Attempt, now_ms: int) -> int:
    elapsed = (now_ms - held.started_ms) / 1000
    return now_ms + round(1000 * remaining_seconds(elapsed, held.expected))
