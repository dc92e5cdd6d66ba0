"""What the demo shows at its end; every figure comes from the API."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.table import Table

from mlmon import AsyncClient
from mlmon.cli.live_batches import watch_batch
from mlmon.cli.texts import duration, plain
from mlmon_shared.wire.batches import BatchDocument
from mlmon_shared.wire.runs import RunDocument
from mlmon_shared.wire.states import Cause, RunState
from mlmon_standalone.demo_batches import SCORE, SUMMARY, TRAIN

TOO_FEW_FLIGHTS: Final = 64
"""The exit code of `delay-train` for an airline with too few flights."""
SMALL_AIRLINE: Final = "OO"


@dataclass(frozen=True)
class Results:
    """How the batch ended.

    Attributes:
        runs: By key.
        chart: Where the summary's chart is; None when there is none.
    """

    batch: BatchDocument
    runs: Mapping[str, RunDocument]
    chart: Path | None


async def await_results(
    client: AsyncClient, batch: BatchDocument, console: Console, *, folder: Path
) -> Results:
    """Show the batch until it has ended, and fetch what it made into the folder."""
    batch = await watch_batch(client, batch.id, console)
    runs = {run.key or run.id: run async for run in client.list_runs(batch=batch.id)}
    chart = None
    if runs["summary"].state is RunState.SUCCEEDED:
        chart = await client.download_artifact(
            runs["summary"].id, "chart.png", to=folder / "flight-delays.png"
        )
    return Results(batch, runs, chart)


def report_results(results: Results, console: Console, *, how_to_open: str) -> int:
    """Print the results; return 0 when every airline ended as it should, else 1."""
    airlines = sorted(
        {key.removeprefix("score-") for key in results.runs if key.startswith("score-")},
        key=lambda name: -int(results.runs[f"train-{name}"].labels.get("flights", 0)),
    )
    table = Table(title="Flights that arrive over 15 minutes late: models of 16 airlines")
    table.add_column("airline")
    for title in ("AUC", "trained", "scored", "queue", "run", "memory"):
        table.add_column(title, justify="right")
    table.add_column("agents")
    notes = []
    for name in airlines:
        train, score = results.runs[f"train-{name}"], results.runs[f"score-{name}"]
        table.add_row(name, *_figures(train, score))
        notes += [
            f"{run.client}: {run.job} {run.state}"
            + (f" ({run.cause}, exit code {run.exit_code})" if run.cause is not None else "")
            + f": {plain(run.reason or '')}"
            for run in (train, score)
            if run.state is not RunState.SUCCEEDED
        ]
    console.print(table)
    for note in notes:
        console.print(f"  {note}", markup=False)
    console.print(f"batch {results.batch.id}: {_counts(results.batch)}")
    if results.chart is not None:
        console.print(f"chart: {results.chart}", soft_wrap=True)
    console.print(f"open everything: {how_to_open}", soft_wrap=True)
    faults = _faults(results, airlines)
    for fault in faults:
        console.print(f"[red]not as it should be: {plain(fault)}[/red]")
    return 1 if faults else 0


def _figures(train: RunDocument, score: RunDocument) -> list[str]:
    runs = [run for run in (train, score) if run.attempts]
    auc = score.metrics.get("auc")
    peaks = [run.attempts[-1].usage.peak_memory or 0 for run in runs]
    hosts = [run.attempts[-1].host for run in runs]
    return [
        f"{auc:.3f}" if auc is not None else "-",
        _whole(train.metrics.get("rows")),
        _whole(score.metrics.get("rows")),
        duration(sum(run.queue_seconds or 0 for run in runs)),
        duration(sum(run.run_seconds or 0 for run in runs)),
        f"{max(peaks) / 2**20:.0f} MiB",
        " ".join(dict.fromkeys(hosts)),
    ]


def _whole(value: float | None) -> str:
    return f"{value:,.0f}" if value is not None else "-"


def _counts(batch: BatchDocument) -> str:
    return ", ".join(f"{number} {state}" for state, number in sorted(batch.counts.items()))


def _faults(results: Results, airlines: Sequence[str]) -> list[str]:
    """Return what did not end as the example says that it should."""
    faults = []
    for name in airlines:
        train, score = results.runs[f"train-{name}"], results.runs[f"score-{name}"]
        if name == SMALL_AIRLINE:
            if (train.state, train.cause, train.exit_code) != (
                RunState.FAILED,
                Cause.USER_ERROR,
                TOO_FEW_FLIGHTS,
            ):
                faults.append(f"{TRAIN} of {name} is {train.state}: {train.reason}")
            if score.state is not RunState.SKIPPED or not score.reason:
                faults.append(f"{SCORE} of {name} is {score.state}, not skipped with a reason")
        else:
            faults += [
                f"{run.job} of {name} is {run.state}: {run.reason}"
                for run in (train, score)
                if run.state is not RunState.SUCCEEDED
            ]
    if results.chart is None:
        summary = results.runs["summary"]
        faults.append(f"{SUMMARY} is {summary.state}: {summary.reason}")
    return faults
