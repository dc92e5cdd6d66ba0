"""Tables of what the API returns, with other people's text made harmless."""

import sys
from collections.abc import Iterable, Sequence
from typing import Final

from pydantic import BaseModel
from rich.console import Console
from rich.table import Table
from rich.text import Text

from mlmon.cli.fitted_tables import FittedTable
from mlmon.cli.options import OutputFormat
from mlmon.cli.texts import (
    duration,
    is_plain,
    labels,
    moment,
    percentage,
    plain,
    plain_json,
    quotas_of,
    size,
)
from mlmon_shared.wire.agents import AgentDocument
from mlmon_shared.wire.batches import BatchDocument
from mlmon_shared.wire.breakers import BreakerDocument
from mlmon_shared.wire.catalog import ClientDocument, JobDefinitionDocument, NamedResource, Pool
from mlmon_shared.wire.rollouts import PinDocument
from mlmon_shared.wire.runs import ArtifactDocument, RunDocument
from mlmon_shared.wire.states import RunState
from mlmon_shared.yaml_documents import dump_document

_UNLIMITED_WIDTH: Final = 10_000
_STYLES: Final = {
    RunState.SUCCEEDED: "green",
    RunState.FAILED: "bold red",
    RunState.EXPIRED: "red",
    RunState.CANCELLED: "yellow",
    RunState.CANCELLING: "yellow",
    RunState.SKIPPED: "bright_black",
    RunState.RUNNING: "cyan",
    RunState.LEASED: "cyan",
}

_MARK_STYLES: Final = {"+": "green", "-": "red", "~": "yellow", "@": "cyan"}


def stdout_console(output: OutputFormat = OutputFormat.TABLE) -> Console:
    """Return the console for results: colours on a terminal, full-length lines elsewhere.

    Args:
        output: `wide` has full-length lines on a terminal, too.
    """
    console = Console(highlight=False, markup=False, emoji=False)
    if not console.is_terminal or output is OutputFormat.WIDE:
        console = Console(highlight=False, markup=False, emoji=False, width=_UNLIMITED_WIDTH)
    return console


def stderr_console() -> Console:
    """Return the console for what goes on meanwhile, so that stdout has results alone."""
    console = Console(stderr=True, highlight=False, markup=False, emoji=False)
    if not console.is_terminal:
        console.width = _UNLIMITED_WIDTH
    return console


def write_marked(*lines: str, indent: str = "") -> None:
    """Write lines of a diff or a plan on stdout, on a terminal in the colours of their marks."""
    if not sys.stdout.isatty():
        sys.stdout.writelines(f"{indent}{plain(line)}\n" for line in lines)
        return
    console = stdout_console()
    for line in lines:
        style = _MARK_STYLES.get(line[:1], "")
        console.print(Text(indent + plain(line), style=style), soft_wrap=True)


def print_document(document: BaseModel, output: OutputFormat = OutputFormat.JSON) -> None:
    """Write the API's document, and nothing else, on stdout: as YAML if asked, else as JSON."""
    if output is OutputFormat.YAML:
        data = document.model_dump(mode="json", by_alias=True)
        text = dump_document(data)
        # YAML's own idea of what is printable lets through what reorders text.
        sys.stdout.write(text if is_plain(text) else dump_document(data, is_ascii=True))
        return
    sys.stdout.write(plain_json(document.model_dump_json(indent=2, by_alias=True)) + "\n")


def table_of(
    headers: Sequence[str], rows: Iterable[Sequence[object]], *, is_whole: bool = False
) -> Table:
    """Return a table; the first column identifies its row and is never shortened.

    Args:
        headers: Of the columns.
        rows: Their cells.
        is_whole: Leave no column out on a narrow terminal; they are folded instead.
    """
    kind = Table if is_whole else FittedTable
    table = kind(box=None, pad_edge=False, header_style="bold")
    for number, header in enumerate(headers):
        table.add_column(header, no_wrap=number == 0, overflow="fold")
    for row in rows:
        table.add_row(*(cell if isinstance(cell, Text) else Text(plain(cell)) for cell in row))
    return table


def state_text(state: RunState) -> Text:
    """Return a run's state in its colour."""
    return Text(str(state), style=_STYLES.get(state, ""))


def runs_table(runs: Iterable[RunDocument]) -> Table:
    """Return runs, one per line."""
    headers = ("RUN", "JOB", "CLIENT", "STATE", "ATTEMPT", "PROGRESS", "RAN", "CREATED", "REASON")
    return table_of(
        headers,
        (
            (
                run.id,
                f"{run.job} v{run.version}",
                run.client,
                state_text(run.state),
                run.attempt or "",
                percentage(run.progress),
                duration(run.run_seconds),
                moment(run.created_at),
                run.reason,
            )
            for run in runs
        ),
    )


def run_table(run: RunDocument) -> Table:
    """Return everything worth knowing about one run, one fact per line."""
    facts: list[tuple[str, object]] = [
        ("run", run.id),
        ("job", f"{run.job} v{run.version}"),
        ("client", run.client),
        ("state", state_text(run.state)),
        ("reason", run.reason),
        ("cause", run.cause),
        ("exit code", run.exit_code),
        ("batch", run.batch),
        ("lane", run.lane),
        ("priority", run.priority),
        ("params", " ".join(f"{name}={value}" for name, value in run.params.items())),
        ("labels", labels(run.labels)),
        ("image", run.image),
        ("created", moment(run.created_at)),
        ("queued for", duration(run.queue_seconds)),
        ("ran for", duration(run.run_seconds)),
        ("finished", moment(run.finished_at)),
        ("progress", percentage(run.progress)),
        ("metrics", " ".join(f"{name}={value:g}" for name, value in run.metrics.items())),
        ("artifacts", " ".join(artifact.path for artifact in run.artifacts)),
        ("checkpoints", " ".join(f"{kept.path} ({kept.attempt})" for kept in run.checkpoints)),
    ]
    return facts_table(facts)


def facts_table(facts: Iterable[tuple[str, object]]) -> Table:
    """Return one fact per line, without those that are None or empty."""
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(no_wrap=True, style="bold")
    table.add_column(overflow="fold")
    for name, value in facts:
        if value is not None and value != "":
            table.add_row(name, value if isinstance(value, Text) else Text(plain(value)))
    return table


def pins_table(pins: Iterable[PinDocument]) -> Table:
    """Return the pins of a job, by client."""
    return table_of(
        ("CLIENT", "VERSION", "CHANGED", "BY"),
        ((each.client, each.version, moment(each.changed_at), each.changed_by) for each in pins),
    )


def attempts_table(run: RunDocument) -> Table:
    """Return the attempts of a run."""
    return table_of(
        (
            "ATTEMPT",
            "STATE",
            "HOST",
            "POOL",
            "GRANTED",
            "PEAK MEMORY",
            "MEAN CPU",
            "CAUSE",
            "EXIT",
            "REASON",
        ),
        (
            (
                attempt.id,
                attempt.state,
                attempt.host,
                attempt.pool,
                moment(attempt.granted_at),
                size(attempt.usage.peak_memory),
                attempt.usage.mean_cpu,
                attempt.cause,
                attempt.exit_code,
                attempt.reason or attempt.detail,
            )
            for attempt in run.attempts
        ),
    )


def batches_table(batches: Iterable[BatchDocument]) -> Table:
    """Return batches, one per line."""
    return table_of(
        ("BATCH", "NAME", "STATE", "OUTCOME", "RUNS", "COUNTS", "CREATED"),
        (
            (
                batch.id,
                batch.name,
                batch.state,
                "" if batch.outcome is None else state_text(batch.outcome),
                batch.total,
                counts_line(batch),
                moment(batch.created_at),
            )
            for batch in batches
        ),
    )


def counts_line(batch: BatchDocument) -> str:
    """Return a batch's runs by state, such as `3 running, 5 succeeded`."""
    return ", ".join(
        f"{batch.counts[state]} {state}" for state in RunState if batch.counts.get(state)
    )


def artifacts_table(artifacts: Iterable[ArtifactDocument]) -> Table:
    """Return published files."""
    return table_of(
        ("PATH", "KIND", "SIZE", "SHA-256"),
        ((found.path, found.kind, size(found.size), found.sha256) for found in artifacts),
    )


def agents_table(agents: Iterable[AgentDocument]) -> Table:
    """Return agents with what they have and what of it is in use."""
    headers = ("AGENT", "HOST", "POOL", "STATE", "RUNTIME", "CPU", "MEMORY", "GPUS", "ATTEMPTS")
    return table_of(
        (*headers, "VERSION"),
        (
            (
                agent.id,
                agent.host,
                agent.pool,
                agent_state(agent),
                agent.runtime,
                f"{agent.used.cpu_milli / 1000:g}/{agent.capacity.cpu_milli / 1000:g}",
                f"{size(agent.used.memory)} / {size(agent.capacity.memory)}",
                f"{agent.used.gpus}/{agent.capacity.gpus}",
                len(agent.held),
                agent.agent_version,
            )
            for agent in agents
        ),
    )


def breakers_table(breakers: Iterable[BreakerDocument]) -> Table:
    """Return open breakers with what opened them."""
    return table_of(
        ("JOB", "VERSION", "OPENED", "REASON"),
        (
            (each.job, each.version, each.opened_at.isoformat(timespec="seconds"), each.reason)
            for each in breakers
        ),
    )


def job_definitions_table(documents: Iterable[JobDefinitionDocument]) -> Table:
    """Return versions of job definitions, one per line."""
    return table_of(
        ("JOB", "VERSION", "IMAGE", "CREATED", "BY", "ARCHIVED", "DESCRIPTION"),
        (
            (
                each.name,
                each.version,
                each.definition.image,
                moment(each.created_at),
                each.created_by,
                moment(each.archived_at),
                each.definition.description,
            )
            for each in documents
        ),
    )


def clients_table(clients: Iterable[ClientDocument]) -> Table:
    """Return clients."""
    return table_of(
        ("CLIENT", "WEIGHT", "QUOTAS", "PAUSED", "LABELS", "DESCRIPTION"),
        (
            (
                each.name,
                f"{each.weight:g}",
                quotas_of(each.quotas),
                (each.pause_reason or "yes") if each.is_paused else "",
                labels(each.labels),
                each.description,
            )
            for each in clients
        ),
    )


def pools_table(pools: Iterable[Pool]) -> Table:
    """Return pools with the size of their largest host."""
    return table_of(
        ("POOL", "CPU", "MEMORY", "GPUS", "DISK", "DESCRIPTION"),
        (
            (
                pool.name,
                f"{pool.resources.cpu:g}",
                size(pool.resources.memory),
                pool.resources.gpus,
                size(pool.resources.disk),
                pool.description,
            )
            for pool in pools
        ),
    )


def resources_table(resources: Iterable[NamedResource]) -> Table:
    """Return named resources."""
    return table_of(
        ("RESOURCE", "CAPACITY", "DESCRIPTION"),
        ((each.name, each.capacity, each.description) for each in resources),
    )


def agent_state(agent: AgentDocument) -> str:
    """Return what an agent is: silent, quarantined, draining, refusing or alive."""
    if not agent.is_alive:
        return "silent"
    if agent.quarantine_reason is not None:
        return "quarantined"
    if agent.is_draining:
        return "draining"
    return "alive" if agent.refusal is None else "refusing"
