"""What notebooks show of runs, batches and tables; all text of others is escaped."""

from collections.abc import Iterable, Sequence
from html import escape
from typing import Final

from mlmon.cli.texts import duration, moment, percentage
from mlmon_shared.wire.batches import BatchDocument
from mlmon_shared.wire.runs import RunDocument
from mlmon_shared.wire.states import FINAL_RUN_STATES, RunState

_COLOURS: Final = {
    RunState.SUCCEEDED: "#2e7d32",
    RunState.FAILED: "#c62828",
    RunState.EXPIRED: "#c62828",
    RunState.CANCELLED: "#9a6700",
    RunState.SKIPPED: "#6e7781",
    RunState.RUNNING: "#0969da",
}
_OTHER_COLOUR: Final = "#57606a"
_LEFT: Final = "text-align: left; vertical-align: top"


def run_html(run: RunDocument) -> str:
    """Return a run: what it is, how it goes or went, and its metrics."""
    share = 1.0 if run.state in FINAL_RUN_STATES else run.progress
    facts: list[tuple[str, object]] = [
        ("reason", run.reason),
        ("params", " ".join(f"{name}={value}" for name, value in run.params.items())),
        ("created", moment(run.created_at)),
        ("queued for", duration(run.queue_seconds)),
        ("ran for", duration(run.run_seconds)),
        ("progress", "" if share is None else percentage(share)),
        ("metrics", " ".join(f"{name}={value:g}" for name, value in run.metrics.items())),
        ("artifacts", " ".join(artifact.path for artifact in run.artifacts)),
        ("checkpoints", " ".join(f"{kept.path} ({kept.attempt})" for kept in run.checkpoints)),
    ]
    lines = "".join(
        f'<tr><th style="{_LEFT}">{name}</th><td style="{_LEFT}">{escape(str(value))}</td></tr>'
        for name, value in facts
        if value
    )
    title = f"{run.job} v{run.version} for {run.client}"
    return (
        f"<div><b>{escape(title)}</b> {_state(run.state)} <code>{escape(run.id)}</code>"
        f"<table>{lines}</table></div>"
    )


def batch_html(batch: BatchDocument) -> str:
    """Return a batch with a bar of its runs by state."""
    done = sum(batch.counts.get(state, 0) for state in FINAL_RUN_STATES)
    parts = "".join(
        f'<span style="display: inline-block; height: 100%; background: {_colour(state)}; '
        f'width: {100 * batch.counts[state] / max(batch.total, 1):.2f}%"></span>'
        for state in RunState
        if batch.counts.get(state)
    )
    counts = ", ".join(
        f"{batch.counts[state]} {_state(state)}" for state in RunState if batch.counts.get(state)
    )
    return (
        f"<div><b>{escape(batch.name or 'batch')}</b> <code>{escape(batch.id)}</code>"
        '<div style="width: 24em; height: 0.8em; background: #d0d7de; line-height: 0; '
        f'font-size: 0.8em; margin: 0.3em 0">{parts}</div>'
        f"{done} of {batch.total} ended: {counts or 'none has a state yet'}</div>"
    )


def table_html(headers: Sequence[str], rows: Iterable[Sequence[object]], note: str = "") -> str:
    """Return a table; None is an empty cell.

    Args:
        headers: Of the columns.
        rows: With a value for each column.
        note: Stands below.
    """
    head = "".join(f'<th style="{_LEFT}">{escape(header)}</th>' for header in headers)
    body = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in rows)
    below = f"<p>{escape(note)}</p>" if note else ""
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{below}"


def _cell(value: object) -> str:
    return f'<td style="{_LEFT}">{"" if value is None else escape(str(value))}</td>'


def _state(state: RunState) -> str:
    return f'<span style="color: {_colour(state)}">{state.value}</span>'


def _colour(state: RunState) -> str:
    return _COLOURS.get(state, _OTHER_COLOUR)
