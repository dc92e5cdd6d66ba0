"""A bar while one waits: in a notebook or on a terminal, and nowhere else."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from mlmon.cli.texts import plain
from mlmon.html import batch_html, run_html
from mlmon_shared.wire.batches import BatchDocument
from mlmon_shared.wire.runs import RunDocument
from mlmon_shared.wire.states import FINAL_RUN_STATES, RunState

if TYPE_CHECKING:
    from rich.progress import Progress

Awaited: TypeAlias = RunDocument | BatchDocument
Show: TypeAlias = Callable[[Awaited], object]

_TERMINAL_SHELL: Final = "TerminalInteractiveShell"


@contextmanager
def open_progress(*, is_wanted: bool) -> Iterator[Show | None]:
    """Yield what shows a run or batch as it is now.

    Args:
        is_wanted: Whether to show anything at all.

    Yields:
        In a notebook, an output that is drawn anew; on a terminal, a bar on standard error;
        elsewhere None.
    """
    if not is_wanted:
        yield None
        return
    if is_notebook():
        yield _NotebookOutput()
        return
    # Most programs, and the command line, start faster without it.
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import (  # noqa: PLC0415
        BarColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
    )

    console = Console(stderr=True, highlight=False, markup=False, emoji=False)
    if not console.is_interactive:
        yield None
        return
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.fields[told]}", markup=False),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console) as bar:
        yield _TerminalBar(bar)


def is_notebook() -> bool:
    """Tell whether IPython runs this, with another front end than a terminal."""
    # A program that IPython runs has it loaded.
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return shell is not None and type(shell).__name__ != _TERMINAL_SHELL


class _NotebookOutput:
    """One output below the cell."""

    def __init__(self) -> None:
        from IPython.display import DisplayHandle  # noqa: PLC0415 - optional; it is loaded

        untyped: Any = DisplayHandle
        self._handle = untyped()
        self._is_shown = False

    def __call__(self, found: Awaited) -> None:
        if self._is_shown:
            self._handle.update(_Output(found))
        else:
            self._handle.display(_Output(found))
        self._is_shown = True


class _Output:
    def __init__(self, found: Awaited) -> None:
        self._found = found

    def __repr__(self) -> str:
        return f"{_title(self._found)}: {_told(self._found)}"

    def _repr_html_(self) -> str:
        if isinstance(self._found, RunDocument):
            return run_html(self._found)
        return batch_html(self._found)


class _TerminalBar:
    """One line on the terminal."""

    def __init__(self, bar: "Progress") -> None:
        self._bar = bar
        self._task = bar.add_task("", total=None, told="")

    def __call__(self, found: Awaited) -> None:
        done, total = _shares(found)
        self._bar.update(
            self._task,
            description=_title(found),
            completed=done,
            total=total,
            told=_told(found),
        )


def _title(found: Awaited) -> str:
    if isinstance(found, RunDocument):
        return plain(f"{found.job} for {found.client}")
    return plain(found.name) or "batch"


def _told(found: Awaited) -> str:
    if isinstance(found, RunDocument):
        return found.state.value
    counts = (f"{found.counts[state]} {state}" for state in RunState if found.counts.get(state))
    return ", ".join(counts) or found.state.value


def _shares(found: Awaited) -> tuple[float, float | None]:
    """Return how much is done, and of how much; None while that is unknown."""
    if isinstance(found, BatchDocument):
        ended = sum(found.counts.get(state, 0) for state in FINAL_RUN_STATES)
        return ended, max(found.total, 1)
    if found.state in FINAL_RUN_STATES:
        return 1.0, 1.0
    return (0.0, None) if found.progress is None else (min(max(found.progress, 0.0), 1.0), 1.0)
