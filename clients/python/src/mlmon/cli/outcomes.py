"""The exit status that tells a script how a run or a batch ended."""

import sys
from typing import Final

import typer

from mlmon.async_clients import AsyncClient
from mlmon.cli.texts import duration, plain
from mlmon_shared.wire.batches import BatchDocument
from mlmon_shared.wire.runs import RunDocument
from mlmon_shared.wire.states import RunState

EXIT_STATUSES: Final = {
    RunState.SUCCEEDED: 0,
    RunState.FAILED: 1,
    RunState.CANCELLED: 3,
    RunState.EXPIRED: 4,
    RunState.SKIPPED: 4,
}
_FAILURES: Final = (RunState.FAILED, RunState.EXPIRED)
_FAILURES_TOLD: Final = 10
"""Of each kind."""


def tell_outcome(run: RunDocument) -> None:
    """Write one line on stderr: how the run ended, after how long, and why."""
    line = f"{run.state} in {duration(run.run_seconds)}" if run.run_seconds else str(run.state)
    sys.stderr.write(plain(f"{line}: {run.reason}" if run.reason else line) + "\n")


async def tell_failures(api: AsyncClient, batch: BatchDocument) -> None:
    """Write a line on stderr for each run of a batch that failed, as far as they are few."""
    left = sum(batch.counts.get(state, 0) for state in _FAILURES)
    for state in _FAILURES:
        if not batch.counts.get(state):
            continue
        page = await api.scheduler.list_runs(batch=batch.id, state=state, limit=_FAILURES_TOLD)
        for run in page.items:
            line = f"{run.job} for {run.client} {run.state}: {run.reason or ''}"
            sys.stderr.write(f"{plain(line)} (run {plain(run.id)})\n")
        left -= len(page.items)
    if left > 0:
        sys.stderr.write(f"and {left} more: mlmon runs list --batch {plain(batch.id)}\n")


def exit_with(document: RunDocument | BatchDocument) -> None:
    """End the command with the status of a final run's state or a finished batch's outcome.

    Raises:
        typer.Exit: Unless it succeeded.
    """
    state = document.state if isinstance(document, RunDocument) else _outcome_of(document)
    status = EXIT_STATUSES.get(state, 1) if isinstance(state, RunState) else 1
    if status:
        raise typer.Exit(status)


def _outcome_of(batch: BatchDocument) -> RunState | None:
    """Return what ended a batch; it is called failed also when no run of it did."""
    if batch.outcome is RunState.FAILED and not batch.counts.get(RunState.FAILED):
        for state in (RunState.EXPIRED, RunState.SKIPPED):
            if batch.counts.get(state):
                return state
    return batch.outcome
