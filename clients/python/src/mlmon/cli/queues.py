"""`mlmon queues`: how much waits, and for what."""

import typer
from rich.console import Group, RenderableType
from rich.text import Text

from mlmon.cli.lists import Watch, show_list
from mlmon.cli.options import Output, OutputFormat
from mlmon.cli.tables import table_of
from mlmon.cli.texts import percentage, plain
from mlmon_shared.wire.queues import QueuesDocument


def queues(
    context: typer.Context, output: Output = OutputFormat.TABLE, *, watch: Watch = False
) -> None:
    """Show how many runs wait for agents, at gates and for a time."""
    show_list(context, lambda api: api.queues(), _overview, output=output, watch=watch)


def _overview(found: QueuesDocument) -> RenderableType:
    rows = [
        [queue.lane.value, ", ".join(queue.pools) or "any", str(queue.queued), str(queue.clients)]
        for queue in found.queues
    ]
    parts: list[RenderableType] = [table_of(["LANE", "POOLS", "QUEUED", "CLIENTS"], rows), ""]
    if found.gates:
        gates = [[gate.gate, str(gate.parked)] for gate in found.gates]
        parts += [table_of(["GATE", "PARKED"], gates), ""]
    full = f", memory {percentage(found.memory_share)} full" if found.memory_share else ""
    parts.append(Text(plain(f"{found.live} live runs, {found.delayed} of them delayed{full}")))
    return Group(*parts)
