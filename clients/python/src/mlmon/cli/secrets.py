"""`mlmon secrets`: values go in by standard input or a file, and never come out."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.table import Table

from mlmon.cli.lists import Watch, show_list, show_one, tell_more
from mlmon.cli.options import Cursor, IfMatch, Limit, Output, OutputFormat
from mlmon.cli.problems import complain
from mlmon.cli.sessions import call
from mlmon.cli.tables import table_of
from mlmon.cli.texts import moment, plain
from mlmon_shared.wire.secrets import SecretDocument

commands = typer.Typer(no_args_is_help=True)
Secret = Annotated[str, typer.Argument(metavar="NAME", help="Name of a secret.")]
Audience = list[str] | Literal["any"] | None


@commands.command("set")
def set_secret(
    context: typer.Context,
    *,
    name: Secret,
    from_file: Annotated[
        Path | None, typer.Option("--from-file", help="Has the value; else standard input.")
    ] = None,
    source: Annotated[
        str | None,
        typer.Option("--source", help="Where it is instead: ssm:NAME, secretsmanager:NAME."),
    ] = None,
    keep_value: Annotated[
        bool, typer.Option("--keep-value", help="Change the rest only; read no value.")
    ] = False,
    client: Annotated[
        list[str] | None, typer.Option("--client", help="For these alone; may be repeated.")
    ] = None,
    any_client: Annotated[bool, typer.Option("--any-client", help="For all clients.")] = False,
    job: Annotated[
        list[str] | None, typer.Option("--job", help="For these alone; may be repeated.")
    ] = None,
    any_job: Annotated[bool, typer.Option("--any-job", help="For all jobs.")] = False,
    description: Annotated[str | None, typer.Option("--description")] = None,
    if_match: IfMatch = None,
) -> None:
    """Create a secret, or give it a new value: the next version.

    The value is read from standard input (a terminal asks for it and shows nothing) or a file,
    without one newline at its end. Whom it is for, and its description, stay as they are unless
    given; a new secret is for any client and any job.
    """
    clients = _audience(client, is_any=any_client, of="client")
    jobs = _audience(job, is_any=any_job, of="job")
    if sum((from_file is not None, source is not None, keep_value)) > 1:
        raise typer.BadParameter("give one of --from-file, --source and --keep-value")
    value = None if keep_value or source is not None else _read_value(from_file)
    result = call(
        context,
        lambda api: api.set_secret(
            name,
            value,
            source=source,
            description=description,
            clients=clients,
            jobs=jobs,
            if_match=if_match,
        ),
    )
    for warning in result.warnings:
        complain(f"warning: {warning.detail}")
    version = f" (version {result.version})" if result.version is not None else ""
    sys.stdout.write(plain(f"{result.change} secret {result.name}{version}") + "\n")


@commands.command("list")
def list_secrets(
    context: typer.Context,
    limit: Limit = 50,
    cursor: Cursor = None,
    output: Output = OutputFormat.TABLE,
    *,
    watch: Watch = False,
) -> None:
    """List the secrets, by name, without their values."""
    page = show_list(
        context,
        lambda api: api.config_api.list_secrets(limit=limit, cursor=cursor),
        lambda page: _table(page.items),
        output=output,
        watch=watch,
    )
    if not output.is_document:
        _tell_problems(page.items)
    tell_more(page.next_cursor, output)


@commands.command("get")
def get_secret(
    context: typer.Context,
    name: Secret,
    output: Output = OutputFormat.TABLE,
    *,
    watch: Watch = False,
) -> None:
    """Show what is known of a secret; nobody is shown its value."""
    found = show_one(
        context,
        lambda api: api.get_secret(name),
        lambda found: _table([found]),
        output=output,
        watch=watch,
    )
    if not output.is_document:
        _tell_problems([found])


@commands.command("remove")
def remove_secret(context: typer.Context, name: Secret, if_match: IfMatch = None) -> None:
    """Forget a secret with its value; refused while a definition in use names it."""
    call(context, lambda api: api.remove_secret(name, if_match=if_match))
    sys.stdout.write(plain(f"removed secret {name}") + "\n")


def _table(secrets: Sequence[SecretDocument]) -> Table:
    rows = [
        (
            each.name,
            each.version,
            _words(each.clients),
            _words(each.jobs),
            ", ".join(each.used_by),
            each.source,
            moment(each.changed_at),
            each.changed_by,
        )
        for each in secrets
    ]
    heads = ("SECRET", "VERSION", "CLIENTS", "JOBS", "USED BY", "SOURCE", "CHANGED", "BY")
    return table_of(heads, rows)


def _tell_problems(secrets: Sequence[SecretDocument]) -> None:
    for each in secrets:
        if each.problem:
            complain(f"{each.name} has no new value: {each.problem}")


def _words(audience: list[str] | Literal["any"]) -> str:
    return audience if isinstance(audience, str) else ", ".join(audience)


def _audience(names: list[str] | None, *, is_any: bool, of: str) -> Audience:
    if names and is_any:
        raise typer.BadParameter(f"give --{of} or --any-{of}, not both")
    return "any" if is_any else names or None


def _read_value(file: Path | None) -> str:
    if file is not None:
        content = file.read_bytes()
    elif sys.stdin.isatty():
        return str(typer.prompt("value", hide_input=True, confirmation_prompt=True, err=True))
    else:
        content = sys.stdin.buffer.read()
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        raise typer.BadParameter("the value is not text in UTF-8; encode it in base64") from error
    return text.removesuffix("\n").removesuffix("\r")
