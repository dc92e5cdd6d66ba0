"""`mlmon jobs pin`, `unpin`, `pins` and `canary`: clients with another version than others."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from mlmon.cli.completions import client_names, job_names
from mlmon.cli.definition_plans import tell_warnings
from mlmon.cli.lists import Watch, show_list, tell_more
from mlmon.cli.options import Cursor, IfMatch, Limit, Output, OutputFormat
from mlmon.cli.problems import complain
from mlmon.cli.sessions import call
from mlmon.cli.tables import facts_table, pins_table, print_document, stdout_console
from mlmon.cli.texts import moment, plain
from mlmon.cli.version_comparisons import RUNS_COMPARED, compare_versions, comparison_table
from mlmon.errors import ServerUnreachableError, ServiceUnavailableError

canary_commands = typer.Typer(no_args_is_help=True)
JobArgument = Annotated[
    str,
    typer.Argument(metavar="JOB", help="Name of a job definition.", autocompletion=job_names),
]
ClientArgument = Annotated[str, typer.Argument(metavar="CLIENT", autocompletion=client_names)]
PercentOption = Annotated[
    float | None,
    typer.Option("--percent", min=0, max=100, help="So many of all clients, always the same ones."),
]
ClientOptions = Annotated[
    list[str] | None,
    typer.Option("--client", metavar="NAME", help="This one beside them; may be repeated."),
]


def pin(
    context: typer.Context,
    job: JobArgument,
    client: ClientArgument,
    version: Annotated[int, typer.Argument(metavar="VERSION", min=1)],
    if_match: IfMatch = None,
) -> None:
    """Let a client's new runs of a job use a version, whichever is current."""
    call(context, lambda api: api.pin_client(job, client, version, if_match=if_match))
    _write(f"new runs of {job} for {client} use version {version}")


def unpin(
    context: typer.Context, job: JobArgument, client: ClientArgument, if_match: IfMatch = None
) -> None:
    """Let a client's new runs of a job use the version that others use."""
    result = call(context, lambda api: api.unpin_client(job, client, if_match=if_match))
    was_pinned = "is no longer" if result.change == "changed" else "was not"
    _write(f"{client} {was_pinned} pinned to a version of {job}")


def list_pins(
    context: typer.Context,
    job: JobArgument,
    limit: Limit = 50,
    cursor: Cursor = None,
    output: Output = OutputFormat.TABLE,
    *,
    watch: Watch = False,
) -> None:
    """List the clients that are pinned to a version of a job."""
    page = show_list(
        context,
        lambda api: api.config_api.list_pins(job, limit=limit, cursor=cursor),
        lambda page: pins_table(page.items),
        output=output,
        watch=watch,
    )
    tell_more(page.next_cursor, output)


@canary_commands.command("start")
def start_canary(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The new job definition.")],
    percent: PercentOption = None,
    clients: ClientOptions = None,
    if_match: IfMatch = None,
) -> None:
    """Save a job definition as a version that only some clients use."""
    if not percent and not clients:
        raise typer.BadParameter("name a --percent over 0, or a --client")
    result = call(
        context,
        lambda api: api.apply_job_definition(
            file, canary_percent=percent, canary_clients=clients or (), if_match=if_match
        ),
    )
    tell_warnings(result)
    if result.canary is None:
        _write(f"unchanged: version {result.version} of {result.name} is the current one")
    else:
        _write(f"some clients try version {result.version} of {result.name}")


@canary_commands.command("show")
def show_canary(
    context: typer.Context, job: JobArgument, output: Output = OutputFormat.TABLE
) -> None:
    """Show the version that some clients try, and how its runs and those of the current one go."""
    canary = call(context, lambda api: api.get_canary(job))
    if output.is_document:
        print_document(canary, output)
        return
    facts = [
        ("job", canary.name),
        ("version", canary.version),
        ("current version", canary.current_version),
        ("percent", f"{canary.percent:g}"),
        ("clients", " ".join(canary.clients)),
        ("clients in it", canary.client_count),
        ("changed", f"{moment(canary.changed_at)} by {canary.changed_by}"),
    ]
    console = stdout_console(output)
    console.print(facts_table(facts))
    versions = (canary.current_version, canary.version)
    try:
        summaries = call(context, lambda api: compare_versions(api, job, versions))
    except (ServiceUnavailableError, ServerUnreachableError) as error:
        complain(f"history does not answer, so nothing is compared: {error.detail}")
        return
    console.print(f"\nThe newest {RUNS_COMPARED} runs of each, as far as history has them:")
    console.print(comparison_table(summaries))


@canary_commands.command("set")
def set_canary(
    context: typer.Context,
    *,
    job: JobArgument,
    percent: PercentOption = None,
    clients: ClientOptions = None,
    version: Annotated[
        int | None, typer.Option("--version", min=1, help="Else the one that is being tried.")
    ] = None,
    if_match: IfMatch = None,
) -> None:
    """Change which clients try the new version, or let them try another stored one."""
    if not percent and not clients:
        raise typer.BadParameter("name a --percent over 0, or a --client")
    result = call(
        context,
        lambda api: api.set_canary(
            job, percent=percent, clients=clients or (), version=version, if_match=if_match
        ),
    )
    _write(f"some clients try version {result.version} of {job}")


@canary_commands.command("promote")
def promote_canary(context: typer.Context, job: JobArgument, if_match: IfMatch = None) -> None:
    """Make the version that some clients try the current one of all."""
    result = call(context, lambda api: api.promote_canary(job, if_match=if_match))
    _write(f"version {result.version} of {job} is the current one")


@canary_commands.command("rollback")
def roll_back_canary(context: typer.Context, job: JobArgument, if_match: IfMatch = None) -> None:
    """Let every client use the current version."""
    result = call(context, lambda api: api.roll_back_canary(job, if_match=if_match))
    _write(f"no version of {job} is tried; version {result.version} is the current one")


def _write(fact: str) -> None:
    sys.stdout.write(plain(fact) + "\n")
