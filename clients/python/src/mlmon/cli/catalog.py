"""`mlmon agents`, `mlmon clients`, `mlmon pools` and `mlmon resources`."""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from mlmon.cli.lists import Watch, show_list, show_one
from mlmon.cli.options import Cursor, LabelOptions, Limit, Output, OutputFormat, parse_labels
from mlmon.cli.problems import complain
from mlmon.cli.sessions import call
from mlmon.cli.tables import (
    agent_state,
    agents_table,
    clients_table,
    pools_table,
    print_document,
    resources_table,
    stdout_console,
)
from mlmon.cli.texts import plain
from mlmon_shared.wire.agents import AgentDocument

agents_commands = typer.Typer(no_args_is_help=True)
clients_commands = typer.Typer(no_args_is_help=True)
pools_commands = typer.Typer(no_args_is_help=True)
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
    context: typer.Context, agent_id: AgentArgument, output: Output = OutputFormat.TABLE
) -> None:
    """Show an agent."""
    agent = call(context, lambda api: api.scheduler.get_agent(agent_id))
    show_one(agent, agents_table([agent]), output)
    _tell_quarantine(agent)


def _tell_quarantine(agent: AgentDocument) -> None:
    if agent.quarantine_reason is not None:
        complain(f"{agent.id} is quarantined: {agent.quarantine_reason}")
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


@clients_commands.command("list")
def list_clients(
    context: typer.Context,
    limit: Limit = 50,
    cursor: Cursor = None,
    output: Output = OutputFormat.TABLE,
) -> None:
    """List the clients, by name."""
    page = call(context, lambda api: api.config_api.list_clients(limit=limit, cursor=cursor))
    if output.is_document:
        print_document(page, output)
        return
    stdout_console(output).print(clients_table(page.items))
    _tell_more(page.next_cursor)


@clients_commands.command("get")
def get_client(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME")],
    output: Output = OutputFormat.TABLE,
) -> None:
    """Show a client."""
    client = call(context, lambda api: api.config_api.get_client(name))
    show_one(client, clients_table([client]), output)


@clients_commands.command("put")
def put_client(
    context: typer.Context,
    *,
    name: Annotated[str, typer.Argument(metavar="NAME")],
    label: LabelOptions = None,
    weight: Annotated[
        float | None, typer.Option("--weight", help="Its share against the others (1).")
    ] = None,
    max_runs: Annotated[
        int | None, typer.Option("--max-runs", help="How many of its runs go on at once (any).")
    ] = None,
    max_cpu: Annotated[
        float | None, typer.Option("--max-cpu", help="Cores that they take together (any).")
    ] = None,
    max_memory: Annotated[
        str | None,
        typer.Option("--max-memory", help="Memory that they take together, such as 64Gi (any)."),
    ] = None,
    max_gpus: Annotated[
        int | None, typer.Option("--max-gpus", help="GPUs that they take together (any).")
    ] = None,
    description: Annotated[str | None, typer.Option("--description")] = None,
) -> None:
    """Create a client, or replace all that is known about it."""
    fields: dict[str, Any] = {"name": name}
    if label:
        fields["labels"] = parse_labels(label)
    if weight is not None:
        fields["weight"] = weight
    quotas = {"runs": max_runs, "cpu": max_cpu, "memory": max_memory, "gpus": max_gpus}
    if limits := {kind: most for kind, most in quotas.items() if most is not None}:
        fields["quotas"] = limits
    if description is not None:
        fields["description"] = description
    result = call(context, lambda api: api.put_client(fields))
    sys.stdout.write(plain(f"{result.change} client {result.name}") + "\n")


ClientArgument = Annotated[str, typer.Argument(metavar="CLIENT", help="Name of a client.")]


@clients_commands.command("import")
def import_clients(
    context: typer.Context,
    file: Annotated[
        Path,
        typer.Argument(metavar="FILE", exists=True, dir_okay=False, help="CSV, or lines of JSON."),
    ],
    *,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would change, and change nothing.")
    ] = False,
) -> None:
    """Create or change many clients at once, all or none; others stay as they are."""
    result = call(context, lambda api: api.import_clients(file, dry_run=dry_run))
    done = "would be " if result.is_dry_run else ""
    sys.stdout.write(
        f"{result.created} clients {done}created, {result.changed} changed, "
        f"{result.unchanged} unchanged\n"
    )


@clients_commands.command("pause")
def pause_client(
    context: typer.Context,
    client: ClientArgument,
    reason: Annotated[str, typer.Option("--reason", help="Why; others see it.")] = "",
) -> None:
    """Let none of a client's runs start until it is resumed; what runs goes on."""
    call(context, lambda api: api.pause_client(client, reason=reason))
    sys.stdout.write(plain(f"client {client} is paused") + "\n")


@clients_commands.command("resume")
def resume_client(context: typer.Context, client: ClientArgument) -> None:
    """Let a paused client's runs start again."""
    call(context, lambda api: api.resume_client(client))
    sys.stdout.write(plain(f"client {client} is not paused") + "\n")


@pools_commands.command("list")
def list_pools(
    context: typer.Context,
    limit: Limit = 50,
    cursor: Cursor = None,
    output: Output = OutputFormat.TABLE,
) -> None:
    """List the pools, by name."""
    page = call(context, lambda api: api.config_api.list_pools(limit=limit, cursor=cursor))
    if output.is_document:
        print_document(page, output)
        return
    stdout_console(output).print(pools_table(page.items))
    _tell_more(page.next_cursor)


@pools_commands.command("get")
def get_pool(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME")],
    output: Output = OutputFormat.TABLE,
) -> None:
    """Show a pool."""
    pool = call(context, lambda api: api.config_api.get_pool(name))
    show_one(pool, pools_table([pool]), output)


@resources_commands.command("list")
def list_resources(
    context: typer.Context,
    limit: Limit = 50,
    cursor: Cursor = None,
    output: Output = OutputFormat.TABLE,
) -> None:
    """List the named resources, by name."""
    page = call(context, lambda api: api.config_api.list_resources(limit=limit, cursor=cursor))
    if output.is_document:
        print_document(page, output)
        return
    stdout_console(output).print(resources_table(page.items))
    _tell_more(page.next_cursor)


@resources_commands.command("get")
def get_resource(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME")],
    output: Output = OutputFormat.TABLE,
) -> None:
    """Show a named resource."""
    resource = call(context, lambda api: api.config_api.get_resource(name))
    show_one(resource, resources_table([resource]), output)


@resources_commands.command("put")
def put_resource(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME")],
    capacity: Annotated[
        int, typer.Option("--capacity", help="How much of it all runs together may take.")
    ],
    description: Annotated[str | None, typer.Option("--description")] = None,
) -> None:
    """Create a named resource, or replace all that is known about it."""
    fields: dict[str, Any] = {"name": name, "capacity": capacity}
    if description is not None:
        fields["description"] = description
    result = call(context, lambda api: api.put_resource(fields))
    sys.stdout.write(plain(f"{result.change} resource {result.name}") + "\n")


def _show_agent(agent: AgentDocument) -> None:
    sys.stdout.write(plain(f"agent {agent.id} on {agent.host} is {agent_state(agent)}") + "\n")


def _tell_more(cursor: str | None) -> None:
    if cursor is not None:
        complain(f"there are more: --cursor {cursor}")
