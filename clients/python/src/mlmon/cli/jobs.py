"""`mlmon jobs`: job definitions and their versions."""

import sys
from typing import Annotated

import typer
from rich.text import Text

from mlmon.async_clients import AsyncClient
from mlmon.cli.lists import Watch, lines_of, show_list, show_one, tell_more
from mlmon.cli.options import Cursor, IfMatch, Limit, Output, OutputFormat
from mlmon.cli.rollouts import JobArgument, canary_commands, list_pins, pin, unpin
from mlmon.cli.sessions import call
from mlmon.cli.tables import job_definitions_table, print_document, write_marked
from mlmon.cli.texts import moment, plain
from mlmon_shared.wire.catalog import ApplyResult, JobDefinitionDocument
from mlmon_shared.wire.versions import DefinitionDiff, VersionOrigin
from mlmon_shared.yaml_documents import dump_document

commands = typer.Typer(no_args_is_help=True)
commands.command("pin")(pin)
commands.command("unpin")(unpin)
commands.command("pins")(list_pins)
commands.add_typer(
    canary_commands, name="canary", help="Let some clients try a version before all use it."
)


@commands.command("list")
def list_jobs(
    context: typer.Context,
    *,
    archived: Annotated[bool, typer.Option("--archived", help="List archived jobs too.")] = False,
    limit: Limit = 50,
    cursor: Cursor = None,
    output: Output = OutputFormat.TABLE,
    watch: Watch = False,
) -> None:
    """List job definitions with their current versions, by name."""
    page = show_list(
        context,
        lambda api: api.config_api.list_job_definitions(
            archived=archived, limit=limit, cursor=cursor
        ),
        lambda page: job_definitions_table(page.items),
        output=output,
        watch=watch,
    )
    tell_more(page.next_cursor, output)


@commands.command("get")
def get_job(
    context: typer.Context,
    job: JobArgument,
    version: Annotated[
        int | None, typer.Option("--version", min=1, help="Else the current one.")
    ] = None,
    output: Output = OutputFormat.TABLE,
    *,
    watch: Watch = False,
) -> None:
    """Show a job definition as YAML."""
    show_one(
        context,
        lambda api: api.config_api.get_job_definition(job, version),
        _view,
        output=output,
        watch=watch,
    )


@commands.command("versions")
def list_versions(
    context: typer.Context,
    job: JobArgument,
    limit: Limit = 50,
    cursor: Cursor = None,
    output: Output = OutputFormat.TABLE,
    *,
    watch: Watch = False,
) -> None:
    """List the versions of a job definition, the newest first."""
    page = show_list(
        context,
        lambda api: api.config_api.list_job_definition_versions(job, limit=limit, cursor=cursor),
        lambda page: job_definitions_table(page.items),
        output=output,
        watch=watch,
    )
    tell_more(page.next_cursor, output)


@commands.command("diff")
def diff_job(
    context: typer.Context,
    job: JobArgument,
    old: Annotated[
        int | None, typer.Argument(metavar="[A]", min=1, help="Else the one before B.")
    ] = None,
    new: Annotated[
        int | None, typer.Argument(metavar="[B]", min=1, help="Else the current version.")
    ] = None,
    output: Output = OutputFormat.TABLE,
) -> None:
    """Show what changed from version A to version B, and who made each."""
    found = call(context, lambda api: _diff(api, job, old, new))
    if output.is_document:
        print_document(found, output)
        return
    for mark, origin in (("-", found.old), ("+", found.new)):
        write_marked(f"{mark} {_origin(job, origin)}")
    write_marked(*(found.diff.splitlines() or ["no difference"]))


@commands.command("archive")
def archive_job(context: typer.Context, job: JobArgument, if_match: IfMatch = None) -> None:
    """Let a job take no new runs; it keeps its versions, and its runs go on."""
    result = call(context, lambda api: api.archive_job_definition(job, if_match=if_match))
    _tell(f"{job} is archived", result)


@commands.command("restore")
def restore_job(context: typer.Context, job: JobArgument, if_match: IfMatch = None) -> None:
    """Let an archived job take runs again."""
    result = call(context, lambda api: api.restore_job_definition(job, if_match=if_match))
    _tell(f"{job} takes runs", result)


def _tell(fact: str, result: ApplyResult) -> None:
    suffix = " already" if result.change == "unchanged" else ""
    sys.stdout.write(plain(fact + suffix) + "\n")


async def _diff(api: AsyncClient, job: str, old: int | None, new: int | None) -> DefinitionDiff:
    if new is None:
        new = (await api.config_api.get_job_definition(job)).version
    if old is None:
        if new == 1:
            raise typer.BadParameter(f"{job} has no version before 1; name A and B")
        old = new - 1
    return await api.config_api.diff_job_definition(job, old, new)


def _origin(job: str, origin: VersionOrigin) -> str:
    return f"{job} v{origin.version}, {moment(origin.created_at)} by {origin.created_by}"


def _view(found: JobDefinitionDocument) -> Text:
    made = f"# {found.name} v{found.version}, {moment(found.created_at)} by {found.created_by}"
    text = dump_document(found.definition.model_dump(mode="json", by_alias=True))
    return lines_of([made, *text.splitlines()])
