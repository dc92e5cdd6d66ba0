"""The exit status that tells a script how a run or a batch ended."""

import sys
from typing import Final

import typer

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


def tell_outcome(run: RunDocument) -> None:
    """Write one line on stderr: how the run ended, after how long, and why."""
    line = f"{run.state} in {duration(run.run_seconds)}" if run.run_seconds else str(run.state)
    sys.stderr.write(plain(f"{line}: {run.reason}" if run.reason else line) + "\n")


def exit_with(document: RunDocument | BatchDocument) -> None:
    """End the command with the status of a final run's state or a finished batch's outcome.

    Raises:
        typer.Exit: Unless it succeeded.
    """
    state = document.state if isinstance(document, RunDocument) else document.outcome
    status = EXIT_STATUSES.get(state, 1) if isinstance(state, RunState) else 1
    if status:
        raise typer.Exit(status)
