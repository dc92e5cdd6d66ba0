"""`mlmon breakers`: versions of jobs that keep failing for infra causes."""

import sys
from typing import Annotated

import typer

from mlmon.cli.options import Output, OutputFormat
from mlmon.cli.sessions import call
from mlmon.cli.tables import breakers_table, print_document, stdout_console
from mlmon.cli.texts import plain

commands = typer.Typer(no_args_is_help=True)


@commands.command("list")
def list_breakers(context: typer.Context, output: Output = OutputFormat.TABLE) -> None:
    """List the breakers that are open, with the reason."""
    page = call(context, lambda api: api.scheduler.list_breakers())
    if output.is_document:
        print_document(page, output)
    else:
        stdout_console(output).print(breakers_table(page.items))


@commands.command("close")
def close_breaker(
    context: typer.Context,
    job: Annotated[str, typer.Argument(metavar="JOB")],
    version: Annotated[int, typer.Argument(metavar="VERSION", min=1)],
) -> None:
    """Close the breaker of a version of a job, with a fresh count of attempts."""
    call(context, lambda api: api.close_breaker(job, version))
    sys.stdout.write(plain(f"breaker of version {version} of {job} is closed") + "\n")
