"""`mlmon agents` and `mlmon resources`."""

import sys
from typing import Annotated, Any

import typer

from mlmon.cli.list_commands import add_get, add_list
from mlmon.cli.lists import Watch, show_list, show_one
from mlmon.cli.options import IfMatch, Output, OutputFormat
from mlmon.cli.problems import complain
from mlmon.cli.sessions import call
from mlmon.cli.tables import (
    agent_state,
    agents_table,
    resources_table,
)
from mlmon.cli.texts import plain
from mlmon_shared.wire.agents import AgentDocument

agents_commands = typer.Typer(no_args_is_help=True)
resources_commands = typer.Typer(no_args_is_help=True)
AgentArgument = Annotated[str, typer.Argument(metavar="AGENT", help="Id of an agent.")]


@agents_commands.command("list")
def list_agents(
    context: typer.Context, output: Output = OutputFormat.TABLE, *, watch: Watch = False
) -> None:
    """List the agents and what they hold."""
    page = show_list(
        context,
        lambda api: api.scheduler.list_agents(),
        lambda page: agents_table(page.items),
        output=output,
        watch=watch,
    )
    if output.is_document:
        return
    for agent in page.items:
        _tell_quarantine(agent)


@agents_commands.command("get")
def get_agent(
    context: typer.Context,
    agent_id: AgentArgument,
    output: Output = OutputFormat.TABLE,
    *,
    watch: Watch = False,
) -> None:
    """Show an agent."""
    agent = show_one(
        context,
        lambda api: api.scheduler.get_agent(agent_id),
        lambda agent: agents_table([agent]),
        output=output,
        watch=watch,
    )
    _tell_quarantine(agent)


def _tell_quarantine(agent: AgentDocument) -> None:
    if agent.quarantine_reason is not None:
        complain(f"{agent.id} is quarantined: {agent.quarantine_reason}")
    if agent.refusal is not None:
        complain(f"{agent.id} takes no attempts: {agent.refusal}")
    if agent.update_fault is not None:
        complain(f"{agent.id} is not the release of its pool: {agent.update_fault}")
    for uuid, reason in agent.gpu_faults.items():
        complain(f"{agent.id} gives {uuid} to no attempt: {reason}")


@agents_commands.command("drain")
def drain_agent(context: typer.Context, agent: AgentArgument) -> None:
    """Grant an agent nothing more, over its restarts too; what it runs goes on."""
    _show_agent(call(context, lambda api: api.drain_agent(agent)))


@agents_commands.command("undrain")
def undrain_agent(context: typer.Context, agent: AgentArgument) -> None:
    """Grant an agent work again."""
    _show_agent(call(context, lambda api: api.undrain_agent(agent)))


@agents_commands.command("release")
def release_agent(context: typer.Context, agent: AgentArgument) -> None:
    """End the quarantine of an agent whose host failed several jobs."""
    _show_agent(call(context, lambda api: api.release_agent(agent)))


add_list(
    resources_commands,
    lambda api, limit, cursor: api.config_api.list_resources(limit=limit, cursor=cursor),
    lambda page: resources_table(page.items),
    summary="List the named resources, by name.",
)


add_get(
    resources_commands,
    lambda api, name: api.config_api.get_resource(name),
    lambda resource: resources_table([resource]),
    summary="Show a named resource.",
)


@resources_commands.command("put")
def put_resource(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME")],
    capacity: Annotated[
        int, typer.Option("--capacity", help="How much of it all runs together may take.")
    ],
    description: Annotated[str | None, typer.Option("--description")] = None,
    if_match: IfMatch = None,
) -> None:
    """Create a named resource, or replace all that is known about it."""
    fields: dict[str, Any] = {"name": name, "capacity": capacity}
    if description is not None:
        fields["description"] = description
    result = call(context, lambda api: api.put_resource(fields, if_match=if_match))
    sys.stdout.write(plain(f"{result.change} resource {result.name}") + "\n")


def _show_agent(agent: AgentDocument) -> None:
    sys.stdout.write(plain(f"agent {agent.id} on {agent.host} is {agent_state(agent)}") + "\n")
