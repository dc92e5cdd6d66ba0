"""`mlmon artifacts`."""

import shutil
import sys
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from mlmon.cli.lists import Watch, show_list
from mlmon.cli.options import Output, OutputFormat, RunId
from mlmon.cli.sessions import call
from mlmon.cli.tables import artifacts_table
from mlmon.cli.texts import plain

commands = typer.Typer(no_args_is_help=True)


@commands.command("list")
def list_artifacts(
    context: typer.Context,
    run: RunId,
    output: Output = OutputFormat.TABLE,
    *,
    watch: Watch = False,
) -> None:
    """List what a run published."""
    show_list(
        context,
        lambda api: api.scheduler.list_artifacts(run),
        lambda page: artifacts_table(page.items),
        output=output,
        watch=watch,
    )


@commands.command("get")
def get_artifact(
    context: typer.Context,
    run: RunId,
    path: Annotated[str, typer.Argument(metavar="PATH", help="As `artifacts list` shows it.")],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="File or folder; - is stdout. Default: its name here."),
    ] = None,
) -> None:
    """Download one published file; nothing is kept or written unless its SHA-256 is right."""
    if output != Path("-"):
        target = call(context, lambda api: api.download_artifact(run, path, to=output))
        sys.stdout.write(plain(target) + "\n")
        return
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "artifact"
        call(context, lambda api: api.download_artifact(run, path, to=file))
        with file.open("rb") as content:
            shutil.copyfileobj(content, sys.stdout.buffer)
    sys.stdout.buffer.flush()
