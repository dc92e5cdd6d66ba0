"""`mlmon batches`."""

import typer

from mlmon.async_clients import AsyncClient
from mlmon.cli.list_commands import add_list
from mlmon.cli.lists import Watch, show_one
from mlmon.cli.live_batches import watch_batch
from mlmon.cli.options import BatchId, Output, OutputFormat, WaitTimeout
from mlmon.cli.outcomes import exit_with, tell_failures
from mlmon.cli.sessions import call
from mlmon.cli.tables import batches_table, print_document, stderr_console
from mlmon_shared.wire.batches import BatchDocument

commands = typer.Typer(no_args_is_help=True)


add_list(
    commands,
    lambda api, limit, cursor: api.scheduler.list_batches(limit=limit, cursor=cursor),
    lambda page: batches_table(page.items),
    summary="List batches, newest first.",
)


@commands.command("get")
def get_batch(
    context: typer.Context,
    batch: BatchId,
    output: Output = OutputFormat.TABLE,
    *,
    watch: Watch = False,
) -> None:
    """Show one batch with its runs by state."""
    show_one(
        context,
        lambda api: api.scheduler.get_batch(batch),
        lambda found: batches_table([found]),
        output=output,
        watch=watch,
    )


@commands.command("wait")
def wait_batch(
    context: typer.Context,
    batch: BatchId,
    timeout: WaitTimeout = None,
    output: Output = OutputFormat.TABLE,
) -> None:
    """Watch a batch until it is finished; exit status 0 succeeded, 1 failed, 3 cancelled."""
    if output.is_document:
        found: BatchDocument = call(context, lambda api: api.wait_batch(batch, timeout=timeout))
        print_document(found, output)
    else:
        found = call(context, lambda api: _watch(api, batch, timeout))
    exit_with(found)


async def _watch(api: AsyncClient, batch: str, timeout: float | None) -> BatchDocument:
    found = await watch_batch(api, batch, stderr_console(), timeout=timeout)
    await tell_failures(api, found)
    return found
