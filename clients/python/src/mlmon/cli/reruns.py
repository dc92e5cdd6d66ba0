"""`mlmon rerun`."""

import sys
from typing import Annotated

import typer

from mlmon.async_clients import AsyncClient
from mlmon.cli.options import Output, OutputFormat
from mlmon.cli.sessions import call
from mlmon.cli.tables import print_document
from mlmon.cli.texts import plain
from mlmon_shared.wire.batches import BatchDocument
from mlmon_shared.wire.reruns import RerunDocument, RerunOnly, RerunScope


def rerun(
    context: typer.Context,
    *,
    run: Annotated[str | None, typer.Argument(metavar="RUN", help="Id of a run.")] = None,
    batch: Annotated[
        str | None, typer.Option("--batch", metavar="BATCH", help="A finished batch.")
    ] = None,
    downstream: Annotated[
        bool, typer.Option("--downstream", help="The run and all that waited on it.")
    ] = False,
    failed: Annotated[
        bool, typer.Option("--failed", help="Of the batch: what did not succeed.")
    ] = False,
    idempotency_key: Annotated[
        str | None, typer.Option("--idempotency-key", help="The same again makes nothing new.")
    ] = None,
    output: Output = OutputFormat.TABLE,
) -> None:
    """Run again what has ended, as new runs, and print the id of the new run or batch."""
    if (run is None) == (batch is None):
        raise typer.BadParameter("name either a RUN or a --batch")
    if downstream and run is None:
        raise typer.BadParameter("goes with a RUN", param_hint="--downstream")
    if failed and batch is None:
        raise typer.BadParameter("goes with a --batch", param_hint="--failed")
    scope = RerunScope.DOWNSTREAM if downstream else RerunScope.RUN
    only = RerunOnly.FAILED if failed else RerunOnly.ALL

    async def work(api: AsyncClient) -> RerunDocument | BatchDocument:
        if batch is not None:
            return await api.rerun_batch(batch, only=only, idempotency_key=idempotency_key)
        return await api.rerun(run or "", scope=scope, idempotency_key=idempotency_key)

    made = call(context, work)
    if output.is_document:
        print_document(made, output)
        return
    if isinstance(made, RerunDocument):
        line = f"batch {made.batch.id}" if made.batch is not None else ""
        line = f"run {made.run.id}" if made.run is not None else line
    else:
        line = f"batch {made.id}"
    sys.stdout.write(plain(line) + "\n")
