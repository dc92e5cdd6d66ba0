"""Watching a batch: a live view on a terminal, a line per change elsewhere."""

from collections.abc import Sequence
from typing import Final

import anyio
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from mlmon.async_clients import AsyncClient
from mlmon.cli.tables import counts_line, state_text
from mlmon.cli.texts import duration, percentage, plain
from mlmon.waits import batch_timeout
from mlmon_shared.wire.batches import BatchDocument
from mlmon_shared.wire.runs import RunDocument
from mlmon_shared.wire.states import FINAL_RUN_STATES, BatchState, RunState

_LINES_AROUND: Final = 6
_ROWS_LIMIT: Final = 50
_BAR_WIDTH: Final = 24


async def watch_batch(
    client: AsyncClient,
    batch_id: str,
    console: Console,
    *,
    timeout: float | None = None,
    poll_seconds: float = 0.5,
) -> BatchDocument:
    """Show a batch until every run of it is final, and return it.

    Args:
        client: Asked again and again.
        batch_id: Which.
        console: On a terminal it gets a view with a bar per running run; elsewhere a plain
            line for every change of the counts.
        timeout: Seconds; without it, however long it takes.
        poll_seconds: Between two looks.

    Raises:
        WaitTimeoutError: The time is up; the batch goes on.
    """
    if not console.is_interactive:
        return await client.wait_batch(
            batch_id, _LinePrinter(console), timeout=timeout, poll_seconds=poll_seconds
        )
    deadline = None if timeout is None else anyio.current_time() + timeout
    with Live(console=console, auto_refresh=False, vertical_overflow="crop") as live:
        while True:
            batch = await client.get_batch(batch_id)
            runs: list[RunDocument] = []
            if batch.counts.get(RunState.RUNNING):
                rows = max(1, min(_ROWS_LIMIT, console.height - _LINES_AROUND))
                page = await client.scheduler.list_runs(
                    batch=batch_id, state=RunState.RUNNING, limit=rows
                )
                runs = page.items
            live.update(batch_view(batch, runs), refresh=True)
            if batch.state is BatchState.FINISHED:
                return batch
            if deadline is not None and anyio.current_time() >= deadline:
                raise batch_timeout(batch, timeout)
            await anyio.sleep(poll_seconds)


def batch_view(batch: BatchDocument, running: Sequence[RunDocument]) -> RenderableType:
    """Return the live view: the batch, its runs by state, and a bar per running run.

    Args:
        batch: The whole.
        running: Some or all of its running runs; the rest is counted in the last line.
    """
    title = Text.assemble((plain(batch.name) or "batch", "bold"), "  ", (batch.id, "bright_black"))
    parts: list[RenderableType] = [title, _overview(batch)]
    if running:
        parts.append(_bars(running))
    if (hidden := batch.counts.get(RunState.RUNNING, 0) - len(running)) > 0:
        parts.append(Text(f"and {hidden} more running", style="bright_black"))
    return Group(*parts)


def _overview(batch: BatchDocument) -> Table:
    done = sum(batch.counts.get(state, 0) for state in FINAL_RUN_STATES)
    counts = Text("  ").join(
        Text.assemble(f"{batch.counts[state]} ", state_text(state))
        for state in RunState
        if batch.counts.get(state)
    )
    grid = Table.grid(padding=(0, 2))
    bar = ProgressBar(total=max(batch.total, 1), completed=done, width=_BAR_WIDTH)
    grid.add_row(bar, Text(f"{done}/{batch.total}"), counts)
    return grid


def _bars(running: Sequence[RunDocument]) -> Table:
    grid = Table.grid(padding=(0, 2))
    for run in running:
        grid.add_row(
            Text(plain(run.job)),
            Text(plain(run.client)),
            Text(plain(run.attempts[-1].host if run.attempts else ""), style="bright_black"),
            _bar(run.progress),
            Text(percentage(run.progress), justify="right"),
            Text(duration(run.run_seconds), justify="right"),
        )
    return grid


def _bar(progress: float | None) -> ProgressBar:
    if progress is None:
        return ProgressBar(total=None, pulse=True, width=_BAR_WIDTH)
    return ProgressBar(total=1.0, completed=min(max(progress, 0.0), 1.0), width=_BAR_WIDTH)


class _LinePrinter:
    """Prints a batch's counts whenever they differ from those printed last."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._printed = ""

    def __call__(self, batch: BatchDocument) -> None:
        line = f"{batch.id}: {counts_line(batch) or batch.state} of {batch.total}"
        if line != self._printed:
            self._console.print(Text(line), soft_wrap=True)
        self._printed = line
