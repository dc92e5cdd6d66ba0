"""Which agents could take a shape, and why others could not."""

from collections.abc import Mapping, Sequence
from typing import Protocol, TypeVar

from mlmon_scheduler.domain.shapes import is_exclusive, labels_of, preferred_pool, vector_of
from mlmon_shared.wire.agent_protocol import Vector
from mlmon_shared.wire.catalog import Pool
from mlmon_shared.wire.explanations import Hindrance, HindranceKind
from mlmon_shared.wire.records import from_milliseconds


class Host(Protocol):
    """What is known of an agent."""

    @property
    def pool(self) -> str:
        """Its pool."""

    @property
    def host(self) -> str:
        """Its name."""

    @property
    def offered(self) -> str:
        """Its labels, as `offered_labels` writes them."""

    @property
    def capacity(self) -> Vector:
        """All that it has."""

    @property
    def is_open(self) -> bool:
        """Whether it takes work."""


HostT = TypeVar("HostT", bound=Host)


def fitting_agents(shape: str, agents: Sequence[HostT]) -> list[HostT]:
    """Return the agents that take work and could run the shape when they are empty."""
    needed, labels = vector_of(shape), labels_of(shape)
    return [
        agent
        for agent in agents
        if agent.is_open
        and needed.fits_into(agent.capacity)
        and all(f",{label}," in agent.offered for label in labels)
    ]


def spills_at_ms(fields: Mapping[str, str], spill_seconds: float) -> int:
    """Return from when on a queued run may go to a pool that is not its first."""
    return int(fields["queued_at"]) + round(spill_seconds * 1000)


def explain_room(shape: str, agents: Sequence[Host], kept: str | None) -> Hindrance:
    """Say that none of the agents has room now.

    Args:
        shape: Of the run.
        agents: That could take it.
        kept: The host that is kept for it, if one is.
    """
    lacks = "is empty" if is_exclusive(shape) else "has room"
    if len(agents) == 1:
        lacks = lacks.replace("has room", "has no room").replace("is empty", "is not empty")
        detail = f"One agent could take it, {agents[0].host}, and it {lacks} now"
    else:
        detail = f"{len(agents)} agents could take it and none {lacks} now"
    if is_exclusive(shape):
        detail += "; its job asks for a host of its own"
    detail += f"; {kept} is kept for it." if kept else "."
    return Hindrance(kind=HindranceKind.ROOM, detail=detail)


def explain_preference(
    fields: Mapping[str, str], agents: Sequence[Host], now_ms: int, spill_seconds: float
) -> list[Hindrance]:
    """Say if a run waits for the pool that its job prefers, while none there could take it.

    Args:
        fields: Of the run.
        agents: That could take it.
        now_ms: The store's time.
        spill_seconds: After how long in the queue others may take it.
    """
    first = preferred_pool(fields["class"])
    spills_ms = spills_at_ms(fields, spill_seconds)
    if first is None or spills_ms <= now_ms or any(agent.pool == first for agent in agents):
        return []
    when = from_milliseconds(spills_ms).isoformat(timespec="seconds")
    detail = (
        f"Its job prefers pool {first}, where no agent could take it now; those of other pools "
        f"may from {when} on."
    )
    return [Hindrance(kind=HindranceKind.AGENTS, detail=detail)]


def explain_agents(
    fields: Mapping[str, str],
    pools: Sequence[str] | None,
    agents: Sequence[Host],
    known: Mapping[str, Pool],
) -> tuple[str, list[Hindrance]]:
    """Say why no agent could take a run, in a sentence and as a hindrance.

    Args:
        fields: Of the run.
        pools: That may run it; None for any.
        agents: Of these pools.
        known: All pools, which say how many hosts they should have.
    """
    where = f"pool {' or '.join(pools)}" if pools else "any pool"
    needed, labels = vector_of(fields["shape"]), labels_of(fields["shape"])
    large = [agent for agent in agents if needed.fits_into(agent.capacity)]
    labelled = [agent for agent in large if all(f",{label}," in agent.offered for label in labels)]
    if not agents:
        detail = f"no agent is registered in {where}; start one"
    elif not large:
        none = "the one agent" if len(agents) == 1 else f"none of the {len(agents)} agents"
        detail = f"{none} in {where} is {'not ' if len(agents) == 1 else ''}large enough"
    elif not labelled:
        wanted = ", ".join(label.replace(":", "=") for label in labels)
        none = f"none of the {len(large)} agents in {where} that are large enough has"
        if len(large) == 1:
            none = f"the one agent in {where} that is large enough does not have"
        detail = f"{none} {wanted}"
    else:
        names = ", ".join(sorted(agent.host for agent in labelled)[:3])
        detail = (
            f"the agents in {where} that could take it are lost, draining, in quarantine or "
            f"refusing work: {names}; `mlmon agents list` says which"
        )
    for name in known if pools is None else pools:
        alive = sum(agent.is_open for agent in agents if agent.pool == name)
        if name in known and alive < known[name].scaling.min_hosts:
            detail += f"; pool {name} has {alive} of at least {known[name].scaling.min_hosts} hosts"
    sentence = detail[:1].upper() + detail[1:] + "."
    return f"Queued: {detail}.", [Hindrance(kind=HindranceKind.AGENTS, detail=sentence)]
