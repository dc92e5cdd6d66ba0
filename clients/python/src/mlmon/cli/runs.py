"""`mlmon runs`, `mlmon logs` and `mlmon cancel`."""

import sys
from typing import Annotated

import typer
from rich.console import Group

from mlmon.async_clients import AsyncClient
from mlmon.cli.lists import Watch, show_list, show_one, tell_more
from mlmon.cli.options import Cursor, Limit, Output, OutputFormat, RunId, WaitTimeout
from mlmon.cli.outcomes import exit_with, tell_outcome
from mlmon.cli.run_comparisons import compare
from mlmon.cli.sessions import call
from mlmon.cli.tables import attempts_table, print_document, run_table, runs_table
from mlmon.cli.texts import plain
from mlmon_shared.wire.runs import RunDocument
from mlmon_shared.wire.states import RunState

commands = typer.Typer(no_args_is_help=True)
commands.command("compare")(compare)


@commands.command("list")
def list_runs(
    context: typer.Context,
    *,
    batch: Annotated[str | None, typer.Option("--batch", help="Id of a batch.")] = None,
    state: Annotated[RunState | None, typer.Option("--state")] = None,
    job: Annotated[str | None, typer.Option("--job")] = None,
    client: Annotated[str | None, typer.Option("--client", "-c")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
    output: Output = OutputFormat.TABLE,
    watch: Watch = False,
) -> None:
    """List runs, newest first."""
    page = show_list(
        context,
        lambda api: api.scheduler.list_runs(
            batch=batch,
            state=None if state is None else state.value,
            job=job,
            client=client,
            limit=limit,
            cursor=cursor,
        ),
        lambda page: runs_table(page.items),
        output=output,
        watch=watch,
    )
    tell_more(page.next_cursor, output)


@commands.command("get")
def get_run(
    context: typer.Context,
    run: RunId,
    output: Output = OutputFormat.TABLE,
    *,
    watch: Watch = False,
) -> None:
    """Show one run and its attempts."""
    show_one(
        context,
        lambda api: api.scheduler.get_run(run),
        _view,
        output=output,
        watch=watch,
    )


def _view(found: RunDocument) -> Group:
    if not found.attempts:
        return Group(run_table(found))
    return Group(run_table(found), "", attempts_table(found))


@commands.command("wait")
def wait_run(
    context: typer.Context,
    run: RunId,
    timeout: WaitTimeout = None,
    output: Output = OutputFormat.TABLE,
) -> None:
    """Wait for a run; exit status 0 succeeded, 1 failed, 3 cancelled, 4 expired or skipped."""
    found = call(context, lambda api: api.wait(run, timeout, progress=True))
    if output.is_document:
        print_document(found, output)
    else:
        tell_outcome(found)
    exit_with(found)


def logs(
    context: typer.Context,
    run: RunId,
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Go on until the run is final.")
    ] = False,
    attempt: Annotated[
        int | None, typer.Option("--attempt", min=1, help="The newest when left out.")
    ] = None,
) -> None:
    """Write a run's log to stdout, byte for byte."""
    call(context, lambda api: write_logs(api, run, follow=follow, attempt=attempt))


async def write_logs(
    api: AsyncClient, run_id: str, *, follow: bool, attempt: int | None = None
) -> None:
    """Write a run's log to stdout as it arrives."""
    async for piece in api.log_pieces(run_id, follow=follow, attempt=attempt):
        sys.stdout.buffer.write(piece)
        sys.stdout.buffer.flush()


def cancel(
    context: typer.Context,
    run: Annotated[str | None, typer.Argument(metavar="RUN", help="Id of a run.")] = None,
    batch: Annotated[
        str | None, typer.Option("--batch", metavar="BATCH", help="Cancel a whole batch.")
    ] = None,
) -> None:
    """Ask for a run, or for every open run of a batch, to be cancelled."""
    if (run is None) == (batch is None):
        raise typer.BadParameter("name either a RUN or a --batch")
    if run is not None:
        found = call(context, lambda api: api.cancel(run))
        line = f"run {found.id} is {found.state}"
    else:
        whole = call(context, lambda api: api.cancel_batch(batch or ""))
        line = f"batch {whole.id} is {whole.state}"
    sys.stdout.write(plain(line) + "\n")
