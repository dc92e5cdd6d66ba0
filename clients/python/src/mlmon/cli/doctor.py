"""`mlmon doctor`: what is wrong between here and a run that starts, in plain words."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version as version_of
from typing import Annotated, Final

import typer

from mlmon.async_clients import AsyncClient
from mlmon.cli.problems import EXIT_FAILED
from mlmon.cli.sessions import call
from mlmon.cli.texts import plain
from mlmon.errors import MlmonError
from mlmon_shared.wire.agent_protocol import AgentDocument, Vector

_SKEW_SECONDS: Final = 5.0


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    is_good: bool
    text: str


def doctor(
    context: typer.Context,
    job: Annotated[
        str | None, typer.Option("--job", help="Look for an agent that has room for this job.")
    ] = None,
) -> None:
    """Check the server, the token, the clocks and the agents; exit 1 when something is wrong."""
    findings = call(context, lambda api: _examine(api, job))
    for finding in findings:
        mark = "ok   " if finding.is_good else "WRONG"
        sys.stdout.write(plain(f"{mark} {finding.text}") + "\n")
    if not all(finding.is_good for finding in findings):
        raise typer.Exit(EXIT_FAILED)


async def _examine(api: AsyncClient, job: str | None) -> list[Finding]:
    try:
        agents = (await api.scheduler.list_agents()).items
    except MlmonError as error:
        # The token is refused, or nobody answers: nothing else can be asked.
        return [Finding(is_good=False, text=f"{api.url}: {error.detail}")]
    findings = [Finding(is_good=True, text=f"{api.url} answers, and the token may read")]
    findings.append(_examine_clock(await api.measure_clock()))
    findings += _examine_agents(agents)
    if job is not None:
        findings.append(await _examine_job(api, job, agents))
    return findings


def _examine_clock(ahead: float | None) -> Finding:
    if ahead is None:
        return Finding(is_good=True, text="the server does not say its time")
    if abs(ahead) <= _SKEW_SECONDS:
        return Finding(is_good=True, text="the clocks agree")
    side = "ahead of" if ahead > 0 else "behind"
    text = f"the server's clock is {abs(ahead):.0f} s {side} this one; let both follow NTP"
    return Finding(is_good=False, text=text)


def _examine_agents(agents: Sequence[AgentDocument]) -> list[Finding]:
    usable = [agent for agent in agents if _is_usable(agent)]
    findings = [
        Finding(is_good=True, text=f"{len(usable)} of {len(agents)} agents take runs")
        if usable
        else Finding(is_good=False, text=f"none of {len(agents)} agents takes runs; start one")
    ]
    for agent in agents:
        if agent.quarantine_reason is not None:
            text = f"agent {agent.id} on {agent.host} is in quarantine: {agent.quarantine_reason}"
            findings.append(
                Finding(is_good=False, text=f"{text} (mlmon agents release {agent.id})")
            )
        elif not agent.is_alive:
            text = f"agent {agent.id} on {agent.host} is not heard any more"
            findings.append(Finding(is_good=False, text=text))
    ours = version_of("mlmon")
    others = sorted({agent.agent_version for agent in agents} - {ours})
    if others:
        text = f"agents have version {', '.join(others)}; this program has {ours}"
        findings.append(Finding(is_good=False, text=text))
    return findings


async def _examine_job(api: AsyncClient, job: str, agents: Sequence[AgentDocument]) -> Finding:
    try:
        definition = (await api.config_api.get_job_definition(job)).definition
    except MlmonError as error:
        return Finding(is_good=False, text=error.detail)
    needed = Vector.of(definition.resources)
    fitting = sorted(
        {
            agent.pool
            for agent in agents
            if _is_usable(agent)
            and needed.fits_into(agent.capacity)
            and (not definition.pools or agent.pool in definition.pools)
            and definition.requires.labels.items() <= agent.labels.items()
        }
    )
    if fitting:
        return Finding(is_good=True, text=f"{job} fits agents of pool {', '.join(fitting)}")
    where = f"of pool {' or '.join(definition.pools)}" if definition.pools else "of any pool"
    text = f"no agent {where} that takes runs has the labels and the room that {job} needs"
    return Finding(is_good=False, text=text)


def _is_usable(agent: AgentDocument) -> bool:
    return agent.is_alive and not agent.is_draining and agent.quarantine_reason is None
