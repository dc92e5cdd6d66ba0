"""`mlmon runs compare`."""

from typing import Annotated

import typer
from rich.table import Table

from mlmon.cli.options import Output, OutputFormat
from mlmon.cli.sessions import call
from mlmon.cli.tables import print_document, stdout_console, table_of
from mlmon.comparisons import Comparison


def compare(
    context: typer.Context,
    runs: Annotated[list[str], typer.Argument(metavar="RUN RUN...", help="Two or more.")],
    *,
    differences: Annotated[
        bool, typer.Option("--differences", help="Leave out what all have in common.")
    ] = False,
    output: Output = OutputFormat.TABLE,
) -> None:
    """Show runs side by side: versions, parameters, times, outcomes, metrics and files.

    Facts that differ are marked with ~.
    """
    found = call(context, lambda api: api.compare(*runs))
    shown = found.differences if differences else found
    if output.is_document:
        print_document(shown, output)
    else:
        stdout_console(output).print(comparison_table(shown))


def comparison_table(comparison: Comparison) -> Table:
    """Return one fact per line, without those that no run has."""
    records = comparison.records()
    return table_of(
        ("FACT", "", *comparison.runs),
        (
            (fact.name, "~" if fact.differs else "", *cells[1:-1])
            for fact, cells in zip(comparison.facts, records.cells(), strict=True)
            if any(value is not None for value in fact.values)
        ),
        is_whole=True,
    )
