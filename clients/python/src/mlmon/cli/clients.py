"""`mlmon clients`."""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from mlmon.cli.completions import client_names
from mlmon.cli.document_changes import Unset, check_places, merge, without
from mlmon.cli.list_commands import add_get, add_list
from mlmon.cli.options import (
    IfMatch,
    LabelOptions,
    parse_labels,
    parse_params,
)
from mlmon.cli.sessions import call
from mlmon.cli.tables import clients_table
from mlmon.cli.texts import plain
from mlmon_shared.wire.catalog import Client

commands = typer.Typer(no_args_is_help=True)
ClientArgument = Annotated[
    str,
    typer.Argument(metavar="CLIENT", help="Name of a client.", autocompletion=client_names),
]


add_list(
    commands,
    lambda api, limit, cursor: api.config_api.list_clients(limit=limit, cursor=cursor),
    lambda page: clients_table(page.items),
    summary="List the clients, by name.",
)


add_get(
    commands,
    lambda api, name: api.config_api.get_client(name),
    lambda client: clients_table([client]),
    summary="Show a client.",
    complete=client_names,
)


@commands.command("put")
def put_client(
    context: typer.Context,
    *,
    name: Annotated[str, typer.Argument(metavar="NAME")],
    label: LabelOptions = None,
    param: Annotated[
        list[str] | None,
        typer.Option(
            "--param", "-p", metavar="NAME=VALUE", help="For definitions. May be repeated."
        ),
    ] = None,
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
    unset: Unset = None,
    if_match: IfMatch = None,
) -> None:
    """Create a client, or change what is given of it; the rest stays as it is."""
    places = unset or []
    check_places(Client, places)
    quotas = {"runs": max_runs, "cpu": max_cpu, "memory": max_memory, "gpus": max_gpus}
    sections: dict[str, Any] = {
        "labels": parse_labels(label or []),
        "parameters": parse_params(param or []),
        "quotas": {kind: most for kind, most in quotas.items() if most is not None},
    }
    given = {field: value for field, value in sections.items() if value}
    given |= {"weight": weight} if weight is not None else {}
    given |= {"description": description} if description is not None else {}

    def change(stored: dict[str, Any] | None) -> dict[str, Any]:
        return without(merge(stored or {"name": name}, given), places)

    result = call(context, lambda api: api.change_client(name, change, if_match=if_match))
    sys.stdout.write(plain(f"{result.change} client {result.name}") + "\n")


@commands.command("import")
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


@commands.command("pause")
def pause_client(
    context: typer.Context,
    client: ClientArgument,
    reason: Annotated[str, typer.Option("--reason", help="Why; others see it.")] = "",
    if_match: IfMatch = None,
) -> None:
    """Let none of a client's runs start until it is resumed; what runs goes on."""
    call(context, lambda api: api.pause_client(client, reason=reason, if_match=if_match))
    sys.stdout.write(plain(f"client {client} is paused") + "\n")


@commands.command("resume")
def resume_client(context: typer.Context, client: ClientArgument, if_match: IfMatch = None) -> None:
    """Let a paused client's runs start again."""
    call(context, lambda api: api.resume_client(client, if_match=if_match))
    sys.stdout.write(plain(f"client {client} is not paused") + "\n")
