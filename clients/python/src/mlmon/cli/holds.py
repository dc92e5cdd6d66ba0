"""`mlmon hold`, `mlmon release` and `mlmon priority`."""

import sys
from collections.abc import Awaitable, Callable
from typing import Annotated

import typer

from mlmon.async_clients import AsyncClient
from mlmon.cli.sessions import call
from mlmon.cli.texts import plain
from mlmon_shared.wire.batches import BatchDocument
from mlmon_shared.wire.runs import RunDocument

Run = Annotated[str | None, typer.Argument(metavar="RUN", help="Id of a run.")]
Batch = Annotated[
    str | None, typer.Option("--batch", metavar="BATCH", help="All runs of a batch that wait.")
]
Work = Callable[[AsyncClient], Awaitable[RunDocument | BatchDocument]]


def hold(context: typer.Context, run: Run = None, batch: Batch = None) -> None:
    """Hold a run that waits, or all of a batch: nothing starts until it is released."""
    _change(
        context,
        run,
        batch,
        of_run=lambda api: api.hold(run or ""),
        of_batch=lambda api: api.hold_batch(batch or ""),
    )


def release(context: typer.Context, run: Run = None, batch: Batch = None) -> None:
    """Release a held run, or all of a batch."""
    _change(
        context,
        run,
        batch,
        of_run=lambda api: api.release(run or ""),
        of_batch=lambda api: api.release_batch(batch or ""),
    )


def priority(
    context: typer.Context,
    value: Annotated[int, typer.Argument(metavar="PRIORITY", min=0, max=1000)],
    run: Run = None,
    batch: Batch = None,
) -> None:
    """Give a run that waits, or all of a batch, another priority; they keep their age."""
    _change(
        context,
        run,
        batch,
        of_run=lambda api: api.reprioritise(run or "", value),
        of_batch=lambda api: api.reprioritise_batch(batch or "", value),
    )


def _change(
    context: typer.Context, run: str | None, batch: str | None, *, of_run: Work, of_batch: Work
) -> None:
    if (run is None) == (batch is None):
        raise typer.BadParameter("name either a RUN or a --batch")
    found = call(context, of_run if run is not None else of_batch)
    if isinstance(found, RunDocument):
        line = f"run {found.id} is {found.state}, priority {found.priority}"
    else:
        counts = ", ".join(f"{number} {state}" for state, number in sorted(found.counts.items()))
        line = f"batch {found.id} is {found.state}: {counts}"
    sys.stdout.write(plain(line) + "\n")
