"""What the agents of a standalone server run attempts with, and how that is said."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from mlmon_standalone.agents import AgentPlan
from mlmon_worker_agent.adapters.runtimes import RuntimeKind, describe_engine
from mlmon_worker_agent.domain.errors import EngineUnavailableError


def decide_runtimes(
    plans: Sequence[AgentPlan], wanted: RuntimeKind
) -> tuple[list[AgentPlan], list[str]]:
    """Settle what runs the attempts of agents whose plan leaves it open.

    Args:
        plans: Of all agents; a runtime that one names is kept.
        wanted: For the others; `auto` takes containers if an engine answers.

    Returns:
        The plans, and lines that say what was decided, with markup.

    Raises:
        EngineUnavailableError: Containers are wanted, and no engine answers.
    """
    kinds = {plan.runtime if plan.runtime is not RuntimeKind.AUTO else wanted for plan in plans}
    engine, why = "", ""
    if kinds - {RuntimeKind.PROCESS}:
        try:
            engine = describe_engine()
        except EngineUnavailableError as error:
            if RuntimeKind.DOCKER in kinds:
                raise
            why = error.detail
    found = RuntimeKind.DOCKER if engine else RuntimeKind.PROCESS
    decided = [replace(plan, runtime=_settle(plan.runtime, wanted, found)) for plan in plans]
    return decided, say_runtimes((plan.runtime for plan in decided), engine=engine, why=why)


def say_runtimes(kinds: Iterable[RuntimeKind], *, engine: str = "", why: str = "") -> list[str]:
    """Return a line, with markup, for each way in which attempts run.

    Args:
        kinds: Of all agents; none of them `auto`.
        engine: What runs the containers.
        why: Reason for which there are none.
    """
    used = set(kinds)
    lines = []
    if RuntimeKind.DOCKER in used:
        lines.append(f"[green]Attempts run in containers: {engine}.[/green]")
    if RuntimeKind.PROCESS in used:
        reason = f" ({why})" if why else ""
        lines.append(
            "[yellow]Attempts run as plain processes of this user, not in containers"
            f"{reason}.[/yellow]"
        )
    return lines


def _settle(planned: RuntimeKind, wanted: RuntimeKind, found: RuntimeKind) -> RuntimeKind:
    kind = planned if planned is not RuntimeKind.AUTO else wanted
    return kind if kind is not RuntimeKind.AUTO else found
