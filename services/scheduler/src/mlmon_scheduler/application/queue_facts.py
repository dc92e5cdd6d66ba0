"""What is known of the queue: what explanations, reservations and caps are made from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from mlmon_scheduler.domain.forecasts import Share
from mlmon_scheduler.domain.lanes import LaneCap
from mlmon_scheduler.domain.quotas import ResourceQuota
from mlmon_scheduler.domain.reservations import WaitingShape
from mlmon_shared.wire.agent_protocol import Vector
from mlmon_shared.wire.states import Lane


@dataclass(frozen=True)
class OpenEdge:
    """An edge that is not resolved: its parent (a run, or `g:<group>`) and its condition.

    Attributes:
        fields: Of the parent: a run's, or a group's.
    """

    parent: str
    condition: str
    fields: Mapping[str, str]


@dataclass(frozen=True)
class OpenEdges:
    """A sample of the open edges, and how many there are."""

    sample: Sequence[OpenEdge]
    count: int


@dataclass(frozen=True)
class GateFacts:
    """A gate: how much of it there is and is taken, by whom, and who waits there.

    Attributes:
        capacity: None when it is not configured.
        own: The run's client.
        runs_before: Its runs that wait there before this one, if it is parked there.
        rivals: Other clients with parked runs.
    """

    gate: str
    amount: int
    capacity: int | None
    used: int
    holders: Sequence[str]
    own: Share
    runs_before: int
    rivals: Sequence[Share]


@dataclass(frozen=True)
class QueueFacts:
    """The run's client and its rivals in the run's queue.

    Attributes:
        limit: Runs that the client may have at once; 0: no limit.
        quota: Resources that they may take together.
        running: Runs that agents hold for the client.
        held: What these take.
        holders: These runs, each with what it takes.
    """

    own: Share
    runs_before: int
    rivals: Sequence[Share]
    limit: int
    quota: ResourceQuota
    running: int
    held: Vector
    queued_by_lane: Mapping[Lane, int]
    holders: Mapping[str, Vector] = field(default_factory=dict)


@dataclass(frozen=True)
class HeldAttempt:
    """An attempt that an agent holds, with what its run was expected to take.

    Attributes:
        vector: What it takes of the host, where it was asked for by agent.
    """

    started_ms: int
    expected: float
    p90: float
    vector: Vector = field(default_factory=Vector)


@dataclass(frozen=True)
class AgentFacts:
    """An agent that could take the run.

    Attributes:
        offered: Its labels, as `domain.shapes.offered_labels` writes them.
        is_open: It is alive and takes work.
    """

    id: str
    pool: str
    host: str
    offered: str
    capacity: Vector
    used: Vector
    is_open: bool
    held: Sequence[HeldAttempt]


class FactStore(Protocol):
    """Reads facts of the queue; nothing is changed."""

    async def read_edges(self, run_id: str, limit: int) -> OpenEdges:
        """Return what a blocked run waits on."""

    async def sample_members(self, group: str, limit: int) -> Sequence[Mapping[str, str]]:
        """Return some live runs of a fan-in group, by chance."""

    async def read_gates(self, fields: Mapping[str, str]) -> list[GateFacts]:
        """Return the gates that a run passes."""

    async def read_breaker(self, gate: str) -> str | None:
        """Return why the breaker of that gate is open, None when it is not or is no breaker's."""

    async def read_queue(self, fields: Mapping[str, str]) -> QueueFacts:
        """Return where a queued run stands."""

    async def read_caps(self, pools: Sequence[str], lane: Lane) -> list[LaneCap]:
        """Return what runs of a lane may hold and do hold of those pools that cap it."""

    async def read_agents(self, pools: Sequence[str] | None) -> list[AgentFacts]:
        """Return the agents of these pools, of all for None."""

    async def read_waiting_shapes(self) -> list[WaitingShape]:
        """Return, for each shape in each queue, the run whose turn is next."""

    async def read_reservations(self) -> Mapping[str, str]:
        """Return agents that are kept, by the run that they are kept for."""

    async def read_held(self, run_ids: Sequence[str]) -> list[HeldAttempt]:
        """Return the attempts of runs that agents hold."""
