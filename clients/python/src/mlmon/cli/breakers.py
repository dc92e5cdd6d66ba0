"""`mlmon breakers`: versions of jobs that keep failing for infra causes."""

import sys
from typing import Annotated

import typer

from mlmon.cli.completions import job_names
from mlmon.cli.lists import Watch, show_list, show_one
from mlmon.cli.options import Output, OutputFormat
from mlmon.cli.sessions import call
from mlmon.cli.tables import breakers_table
from mlmon.cli.texts import plain

commands = typer.Typer(no_args_is_help=True)

Job = Annotated[str, typer.Argument(metavar="JOB", autocompletion=job_names)]
Version = Annotated[int, typer.Argument(metavar="VERSION", min=1)]


@commands.command("list")
def list_breakers(
    context: typer.Context, output: Output = OutputFormat.TABLE, *, watch: Watch = False
) -> None:
    """List the breakers that are open, with the reason."""
    show_list(
        context,
        lambda api: api.scheduler.list_breakers(),
        lambda page: breakers_table(page.items),
        output=output,
        watch=watch,
    )


@commands.command("get")
def get_breaker(
    context: typer.Context,
    job: Job,
    version: Version,
    output: Output = OutputFormat.TABLE,
    *,
    watch: Watch = False,
) -> None:
    """Show the breaker of a version of a job, if it is open."""
    show_one(
        context,
        lambda api: api.breaker(job, version),
        lambda found: breakers_table([found]),
        output=output,
        watch=watch,
    )


@commands.command("close")
def close_breaker(context: typer.Context, job: Job, version: Version) -> None:
    """Close the breaker of a version of a job, with a fresh count of attempts."""
    call(context, lambda api: api.close_breaker(job, version))
    sys.stdout.write(plain(f"breaker of version {version} of {job} is closed") + "\n")
