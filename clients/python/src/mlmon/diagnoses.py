"""What `mlmon doctor` concludes from what it found, in plain words."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final

from mlmon_shared import diagnoses as shared
from mlmon_shared.diagnoses import Diagnosis, Verdict
from mlmon_shared.wire.agent_protocol import Vector
from mlmon_shared.wire.agents import AgentDocument
from mlmon_shared.wire.catalog import TokenDocument
from mlmon_shared.wire.health import Readiness
from mlmon_shared.wire.job_definitions import JobDefinition
from mlmon_shared.wire.queues import QueuesDocument
from mlmon_shared.wire.runs import RunDocument
from mlmon_shared.wire.states import RunState

_EXPIRES_SOON: Final = timedelta(days=7)
_SHOWN_JOBS: Final = 5


def diagnose_readiness(readiness: Readiness) -> list[Diagnosis]:
    """Return which dependencies of the server do not answer."""
    away = {name: state for name, state in readiness.dependencies.items() if state != "ok"}
    if not away:
        names = ", ".join(sorted(readiness.dependencies))
        return [Diagnosis("dependencies", Verdict.OK, f"all answer: {names}")]
    return [
        Diagnosis("dependencies", Verdict.WRONG, f"{name}: {state}")
        for name, state in sorted(away.items())
    ]


def diagnose_versions(
    own: str, server: str | None, agents: Iterable[AgentDocument]
) -> list[Diagnosis]:
    """Return whether this program, the server and the living agents are of one version."""
    if server is None:
        return [Diagnosis("versions", Verdict.NOTE, f"mlmon is {own}; the server does not say")]
    others: list[str] = []
    if own != server:
        others.append(f"mlmon here is {own}")
    others += [
        f"agent {agent.id} on {agent.host} is {agent.agent_version}"
        for agent in agents
        if agent.is_alive and agent.agent_version != server
    ]
    if not others:
        return [Diagnosis("versions", Verdict.OK, f"all are {server}")]
    detail = f"the server is {server}; {'; '.join(others)}: bring them to one version"
    return [Diagnosis("versions", Verdict.NOTE, detail)]


def diagnose_clock(server: datetime | None, asked_at: datetime, told_at: datetime) -> Diagnosis:
    """Return whether this machine's clock is the server's; see `mlmon_shared.diagnoses`."""
    return shared.diagnose_clock(
        server,
        asked_at,
        told_at,
        here="this machine",
        remedy="times that you give mean others there; synchronise both clocks (NTP)",
    )


def diagnose_token(token: TokenDocument, now: datetime) -> Diagnosis:
    """Return whose token is used, what it may do, and whether it ends soon."""
    scopes = ", ".join(token.scopes)
    told = f"{token.name} may do what {scopes} may"
    for what, names in (("clients", token.clients), ("jobs", token.jobs)):
        if names is not None:
            told += f", for the {what} {', '.join(names)} alone"
    if token.expires_at is None:
        return Diagnosis("token", Verdict.OK, told)
    until = f"{told}, until {token.expires_at:%Y-%m-%d %H:%M}Z"
    if token.expires_at - now > _EXPIRES_SOON:
        return Diagnosis("token", Verdict.OK, until)
    return Diagnosis("token", Verdict.NOTE, f"{until}: ask an administrator for a new one")


def working_agents(agents: Iterable[AgentDocument]) -> list[AgentDocument]:
    """Return the agents that are granted work."""
    return [
        agent
        for agent in agents
        if agent.is_alive
        and not agent.is_draining
        and agent.quarantine_reason is None
        and agent.refusal is None
    ]


def diagnose_agents(agents: Sequence[AgentDocument]) -> list[Diagnosis]:
    """Return whether agents take work, which do not, and which GPUs are given to nobody."""
    working = working_agents(agents)
    if working:
        pools = ", ".join(sorted({agent.pool for agent in working}))
        found = [Diagnosis("agents", Verdict.OK, f"{len(working)} take work, of pools {pools}")]
    else:
        detail = (
            "no agent takes work: start one, or undrain or release one (`mlmon agents`)"
            if agents
            else "no agent is registered: start one (docs/operations.md)"
        )
        found = [Diagnosis("agents", Verdict.WRONG, detail)]
    found += [_why_idle(agent) for agent in agents if agent not in working]
    found += [
        Diagnosis(
            "agents",
            Verdict.NOTE,
            f"{agent.id} on {agent.host} is not the release of its pool: {agent.update_fault}",
        )
        for agent in agents
        if agent.is_alive and agent.update_fault is not None
    ]
    return found + [
        Diagnosis("agents", Verdict.NOTE, f"{uuid} of {agent.host} is given to no attempt: {why}")
        for agent in agents
        for uuid, why in agent.gpu_faults.items()
    ]


def diagnose_queues(queues: QueuesDocument, agents: Iterable[AgentDocument]) -> list[Diagnosis]:
    """Return what waits for pools in which no agent takes work."""
    served = {agent.pool for agent in working_agents(agents)}
    stuck = [
        Diagnosis(
            "queues",
            Verdict.WRONG,
            f"{queue.queued} runs wait in lane {queue.lane} for {_pools(queue.pools)}, "
            "where no agent takes work: start one there",
        )
        for queue in queues.queues
        if not (served.intersection(queue.pools) if queue.pools else served)
    ]
    if stuck:
        return stuck
    waiting = sum(queue.queued for queue in queues.queues)
    return [Diagnosis("queues", Verdict.OK, f"{waiting} runs wait for agents that take work")]


def diagnose_fit(definition: JobDefinition, agents: Iterable[AgentDocument]) -> Diagnosis:
    """Return whether an agent that takes work could run a job, when it is empty."""
    allowed = [
        agent
        for agent in working_agents(agents)
        if not definition.pools or agent.pool in definition.pools
    ]
    where = _pools(definition.pools)
    if not allowed:
        return Diagnosis(
            "fit", Verdict.WRONG, f"{definition.name} needs {where}: no agent takes work there"
        )
    labels = definition.requires.labels
    labelled = [agent for agent in allowed if labels.items() <= agent.labels.items()]
    if not labelled:
        wanted = ", ".join(f"{key}={value}" for key, value in sorted(labels.items()))
        return Diagnosis(
            "fit",
            Verdict.WRONG,
            f"{definition.name} requires the labels {wanted}: no agent of {where} has them",
        )
    needed = Vector.of(definition.resources)
    fitting = [agent for agent in labelled if needed.fits_into(agent.capacity)]
    if not fitting:
        return Diagnosis(
            "fit",
            Verdict.WRONG,
            f"{definition.name} is too large for every agent of {where}: "
            f"{_lack(needed, [agent.capacity for agent in labelled])}",
        )
    pools = ", ".join(sorted({agent.pool for agent in fitting}))
    return Diagnosis(
        "fit", Verdict.OK, f"{definition.name} fits {len(fitting)} agents, of pools {pools}"
    )


def diagnose_fits(
    definitions: Sequence[JobDefinition], agents: Sequence[AgentDocument]
) -> Diagnosis:
    """Return which jobs no agent could run now; that may be meant, so it is a note."""
    unfit = [
        definition.name
        for definition in definitions
        if diagnose_fit(definition, agents).verdict is Verdict.WRONG
    ]
    if not unfit:
        return Diagnosis("fit", Verdict.OK, f"each of {len(definitions)} jobs fits an agent")
    shown = ", ".join(unfit[:_SHOWN_JOBS])
    more = f" and {len(unfit) - _SHOWN_JOBS} more" if len(unfit) > _SHOWN_JOBS else ""
    return Diagnosis(
        "fit",
        Verdict.NOTE,
        f"no agent fits {shown}{more}: `mlmon doctor --job {unfit[0]}` says why",
    )


def diagnose_trial(run: RunDocument) -> Diagnosis:
    """Return how a run that was made to see whether runs go well has ended."""
    if run.state is RunState.SUCCEEDED:
        host = f" on {run.attempts[-1].host}" if run.attempts else ""
        detail = f"{run.job} for {run.client} succeeded{host} (run {run.id})"
        return Diagnosis("run", Verdict.OK, detail)
    detail = f"{run.job} for {run.client} {run.state}: {run.reason or 'no reason is given'}"
    return Diagnosis("run", Verdict.WRONG, f"{detail} (mlmon logs {run.id})")


def _why_idle(agent: AgentDocument) -> Diagnosis:
    name = f"{agent.id} on {agent.host} (pool {agent.pool})"
    if not agent.is_alive:
        detail = f"{name} is silent since {agent.beat_at:%Y-%m-%d %H:%M:%S}Z: look at its host"
        return Diagnosis("agents", Verdict.WRONG, detail)
    if agent.quarantine_reason is not None:
        detail = (
            f"{name} is quarantined: {agent.quarantine_reason} (mlmon agents release {agent.id})"
        )
        return Diagnosis("agents", Verdict.WRONG, detail)
    if agent.refusal is not None:
        return Diagnosis("agents", Verdict.WRONG, f"{name} takes no attempts: {agent.refusal}")
    return Diagnosis("agents", Verdict.NOTE, f"{name} is draining")


def _pools(pools: Sequence[str]) -> str:
    if not pools:
        return "any pool"
    return f"pool {pools[0]}" if len(pools) == 1 else f"pools {', '.join(pools)}"


def _lack(needed: Vector, capacities: Sequence[Vector]) -> str:
    """Return each amount that even the largest host lacks, else that no host has all."""
    units = {"cpu_milli": "thousandths of a core", "memory": "bytes", "gpus": "GPUs"}
    units["disk"] = "bytes of disk"
    lacking = [
        f"needs {getattr(needed, field)} {unit}, the largest has {largest}"
        for field, unit in units.items()
        if getattr(needed, field)
        > (largest := max(getattr(capacity, field) for capacity in capacities))
    ]
    return "; ".join(lacking) or "no single one has all that it needs"
