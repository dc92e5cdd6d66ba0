"""`mlmon explain`."""

from datetime import datetime

import typer

from mlmon.cli.options import Output, OutputFormat, RunId
from mlmon.cli.sessions import call
from mlmon.cli.tables import print_document, stdout_console, table_of
from mlmon.cli.texts import duration, moment, plain
from mlmon_shared.wire.explanations import Explanation, Forecast


def explain(context: typer.Context, run: RunId, output: Output = OutputFormat.TABLE) -> None:
    """Say what a run waits for, its place, and when it is expected to start and end."""
    found = call(context, lambda api: api.explain(run))
    if output.is_document:
        print_document(found, output)
        return
    console = stdout_console(output)
    console.print(plain(found.summary))
    for hindrance in found.hindrances:
        console.print(plain(f"- {hindrance.detail}"))
    if found.deadline is not None:
        console.print(plain(f"- {found.deadline.detail}"))
    if found.starts is not None or found.ends is not None:
        console.print()
        console.print(table_of(["EXPECTED", "HALF OF THE TIMES", "NINE OF TEN"], _rows(found)))
        console.print(plain(_basis(found)))


def _rows(found: Explanation) -> list[list[str]]:
    return [
        [name, _when(forecast.p50, found.as_of), _when(forecast.p90, found.as_of)]
        for name, forecast in (("start", found.starts), ("end", found.ends))
        if isinstance(forecast, Forecast)
    ]


def _when(at: datetime, now: datetime) -> str:
    seconds = (at - now).total_seconds()
    return "now" if seconds < 1 else f"in {duration(seconds)} ({moment(at)})"


def _basis(found: Explanation) -> str:
    if found.measured_runs == 0:
        return "No run of this job has succeeded yet: a guess."
    return f"From {found.measured_runs} successful runs of this job."
