"""`mlmon queues`: how much waits, and for what."""

import typer

from mlmon.cli.options import Output, OutputFormat
from mlmon.cli.sessions import call
from mlmon.cli.tables import print_document, stdout_console, table_of
from mlmon.cli.texts import percentage, plain


def queues(context: typer.Context, output: Output = OutputFormat.TABLE) -> None:
    """Show how many runs wait for agents, at gates and for a time."""
    found = call(context, lambda api: api.queues())
    if output.is_document:
        print_document(found, output)
        return
    console = stdout_console(output)
    rows = [
        [queue.lane.value, ", ".join(queue.pools) or "any", str(queue.queued), str(queue.clients)]
        for queue in found.queues
    ]
    console.print(table_of(["LANE", "POOLS", "QUEUED", "CLIENTS"], rows))
    if found.gates:
        console.print()
        gates = [[gate.gate, str(gate.parked)] for gate in found.gates]
        console.print(table_of(["GATE", "PARKED"], gates))
    console.print()
    full = f", memory {percentage(found.memory_share)} full" if found.memory_share else ""
    console.print(plain(f"{found.live} live runs, {found.delayed} of them delayed{full}"))
