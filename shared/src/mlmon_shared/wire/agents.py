"""Agents, as operators see them."""

from datetime import datetime

from mlmon_shared.wire.agent_protocol import GpuFaults, Vector
from mlmon_shared.wire.models import WireModel


class AgentDocument(WireModel):
    """An agent, as operators see it.

    Attributes:
        used: Sum over the attempts that it holds.
        held: Ids of the attempts that it holds.
        is_draining: It is granted nothing more: it stops, or an operator wants that.
        drained_by: The operator who wants that.
        quarantine_reason: Why it is granted nothing because of its host, until it is released.
        gpu_faults: Why devices of the host are given to no attempt, by their UUID; the host's
            others are.
        refusal: Why its host takes no new attempt for now, such as a disk that is nearly full.
        update_fault: Why it is not the release that its pool names.
        is_alive: Whether its last beat is recent enough.
    """

    id: str
    host: str
    pool: str
    runtime: str
    agent_version: str
    labels: dict[str, str] = {}
    capacity: Vector
    used: Vector
    held: list[str] = []
    is_draining: bool = False
    drained_by: str | None = None
    quarantine_reason: str | None = None
    quarantined_at: datetime | None = None
    gpu_faults: GpuFaults = {}
    refusal: str | None = None
    update_fault: str | None = None
    is_alive: bool
    registered_at: datetime
    beat_at: datetime


class AgentPage(WireModel):
    """Every agent that is registered."""

    items: list[AgentDocument]
