"""The queue as plain Python: what the store has to agree with after every step.

Nothing here is fast or clever. Where the queue may choose (which parked run is let in, which
run is granted), the model checks the choice instead of making it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from mlmon_scheduler.domain.shapes import vector_of
from mlmon_shared.wire.agent_protocol import Vector

FINAL = {"succeeded", "failed", "cancelled", "skipped", "expired"}
WAITING = {"blocked", "delayed", "queued", "parked", "held"}
LEASED = {"leased", "running", "cancelling"}


@dataclass
class Run:
    """What the model knows of a run; `state` follows the store once the change was checked."""

    id: str
    client: str
    job: str
    lane: str
    priority: int
    shape: str
    gates: dict[str, int]
    edges: dict[str, str]
    submitted_at: int
    estimate: float = 600.0
    state: str = ""
    attempt: int = 0
    fence: str = ""
    agent: str = ""
    ready_at: int = 0
    granted_at: int = 0
    is_forgotten: bool = False
    outcomes: list[str] = field(default_factory=list)

    @property
    def vector(self) -> Vector:
        return vector_of(self.shape)


@dataclass
class Agent:
    """An agent and what it holds."""

    id: str
    capacity: Vector
    polls: int = 0
    is_drained: bool = False
    last_grants: list[tuple[str, int, str]] = field(default_factory=list)


class Model:
    """All runs and agents.

    Args:
        capacities: Of gates.
        limits: Runs at once, by client.
        quotas: Thousandths of a core that they may take together, by client.
    """

    def __init__(
        self, capacities: dict[str, int], limits: dict[str, int], quotas: dict[str, int]
    ) -> None:
        self.capacities = capacities
        self.limits = limits
        self.quotas = quotas
        self.runs: dict[str, Run] = {}
        self.agents: dict[str, Agent] = {}
        self.fences: list[tuple[int, int]] = []

    def in_state(self, *states: str) -> list[Run]:
        """Return runs in these states, oldest first."""
        return [run for run in self.runs.values() if run.state in states]

    def held_by(self, agent_id: str) -> list[Run]:
        """Return the runs that an agent holds."""
        return [run for run in self.in_state(*LEASED) if run.agent == agent_id]

    def used_by(self, agent_id: str) -> Vector:
        """Return what they take."""
        used = Vector()
        for run in self.held_by(agent_id):
            used = used.plus(run.vector)
        return used

    def holders(self, gate: str) -> list[Run]:
        """Return the runs that hold places at a gate."""
        return [run for run in self.in_state(*LEASED) if gate in run.gates]

    def room_at(self, gate: str) -> int:
        """Return how much of a gate is free."""
        return self.capacities[gate] - sum(run.gates[gate] for run in self.holders(gate))

    def is_stopped(self, run: Run) -> bool:
        """Tell whether a gate or the quota of its client stops a run."""
        limit = self.limits.get(run.client, 0)
        running = [other for other in self.in_state(*LEASED) if other.client == run.client]
        if limit and len(running) >= limit:
            return True
        if not self.is_within_quota(run):
            return True
        return any(self.room_at(gate) < amount for gate, amount in run.gates.items())

    def is_within_quota(self, run: Run) -> bool:
        """Tell whether its client's quota of cores has room for a run."""
        quota = self.quotas.get(run.client)
        if quota is None:
            return True
        running = [other for other in self.in_state(*LEASED) if other.client == run.client]
        return sum(other.vector.cpu_milli for other in running) + run.vector.cpu_milli <= quota

    def may_wait(self, run: Run) -> bool:
        """Tell whether a run may be left: a larger one of its client may go first."""
        return self.is_stopped(run) or any(
            other.client == run.client and not self.is_within_quota(other)
            for other in self.in_state("queued")
        )

    def may_be_critical(self, run: Run) -> bool:
        """Tell whether a run is critical, or one is that waits or waited for it, over others."""
        found, names = [run], {run.id}
        for each in found:
            if each.lane == "critical":
                return True
            children = [other for other in self.runs.values() if each.id in other.edges]
            found += [child for child in children if child.id not in names]
            names |= {child.id for child in children}
        return False

    def fits(self, run: Run, agent: Agent) -> bool:
        """Tell whether an agent has room for a run now."""
        return run.vector.fits_into(agent.capacity.minus(self.used_by(agent.id)))

    def edge_states(self, run: Run) -> Iterator[bool | None]:
        """Yield for each edge whether it is met; None while its parent is not final."""
        for parent_id, condition in run.edges.items():
            state = self.runs[parent_id].state
            if state not in FINAL:
                yield None
            elif condition == "finished":
                yield True
            else:
                yield state == condition

    def note_fence(self, fence: str) -> None:
        """Check that fences only grow."""
        match = re.fullmatch(r"(\d+)\.(\d+)", fence)
        assert match is not None, fence
        number = (int(match[1]), int(match[2]))
        assert not self.fences or number > self.fences[-1], "a fence was given twice"
        self.fences.append(number)
