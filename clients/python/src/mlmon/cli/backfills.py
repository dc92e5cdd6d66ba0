"""`mlmon backfills`: slots of the past, made up for as one thing."""

import sys
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Annotated, Any

import typer
from rich.console import Group
from rich.table import Table

from mlmon.arguments import check_idempotency_key
from mlmon.async_clients import AsyncClient
from mlmon.cli.completions import job_names
from mlmon.cli.lists import Watch, lines_of, show_list, show_one
from mlmon.cli.options import LabelOptions, Output, OutputFormat, parse_labels
from mlmon.cli.sessions import call
from mlmon.cli.tables import print_document, stdout_console, table_of
from mlmon.cli.texts import moment, plain
from mlmon_shared.wire.backfills import BackfillDocument, BackfillPage, BackfillRequest
from mlmon_shared.wire.states import Lane
from mlmon_shared.wire.validation import validate

_SKIPPED_SHOWN = 5

commands = typer.Typer(no_args_is_help=True)
Job = Annotated[
    str, typer.Argument(metavar="JOB", help="It has a schedule.", autocompletion=job_names)
]
Backfill = Annotated[str, typer.Argument(metavar="BACKFILL")]
Since = Annotated[
    str, typer.Option("--since", metavar="TIME", help="The first slot: 2026-01-01T00:00:00Z.")
]
Until = Annotated[str, typer.Option("--until", metavar="TIME", help="Slots before this moment.")]
Clients = Annotated[
    list[str] | None, typer.Option("--client", "-c", help="Else the schedule's; repeatable.")
]


@commands.command("plan")
def plan_backfill(
    context: typer.Context,
    job: Job,
    *,
    since: Since,
    until: Until,
    client: Clients = None,
    label: LabelOptions = None,
    output: Output = OutputFormat.TABLE,
) -> None:
    """Say what a backfill would come to; nothing is started."""
    request = _request(job, since, until, client, label)
    found = call(context, lambda api: api.scheduler.plan_backfill(request))
    if output.is_document:
        print_document(found, output)
        return
    first = f" from {moment(found.first)} to {moment(found.last)}" if found.first else ""
    hours = (
        "hours unknown: no run of this job has succeeded yet"
        if found.hours is None
        else f"{found.hours:g} hours, as {found.measured_runs} runs took"
    )
    if found.cost is not None:
        hours += f", {found.cost:.4g} in money"
    sys.stdout.write(
        plain(f"{found.slots} slots{first}, {found.clients} clients: {found.runs} runs, {hours}")
        + "\n"
    )


@commands.command("start")
def start_backfill(
    context: typer.Context,
    job: Job,
    *,
    since: Since,
    until: Until,
    client: Clients = None,
    label: LabelOptions = None,
    lane: Annotated[Lane, typer.Option("--lane")] = Lane.BACKFILL,
    max_active: Annotated[
        int,
        typer.Option("--max-active", min=1, help="A slot begins once fewer runs are not final."),
    ] = 100,
    idempotency_key: Annotated[
        str | None, typer.Option("--idempotency-key", help="The same again starts nothing new.")
    ] = None,
    output: Output = OutputFormat.TABLE,
) -> None:
    """Run a job for slots of its schedule that lie in the past; prints the backfill's id."""
    options = {"lane": lane, "max_active": max_active}
    request = _request(job, since, until, client, label, options=options)
    key = check_idempotency_key(idempotency_key)
    found = call(context, lambda api: api.scheduler.start_backfill(request, idempotency_key=key))
    if output.is_document:
        print_document(found, output)
    else:
        sys.stdout.write(f"{found.id}\n")


@commands.command("list")
def list_backfills(
    context: typer.Context, output: Output = OutputFormat.TABLE, *, watch: Watch = False
) -> None:
    """List the last backfills, the newest first."""

    async def fetch(api: AsyncClient) -> BackfillPage:
        return BackfillPage(items=await api.backfills())

    show_list(context, fetch, lambda page: _table(page.items), output=output, watch=watch)


@commands.command("get")
def get_backfill(
    context: typer.Context,
    backfill: Backfill,
    output: Output = OutputFormat.TABLE,
    *,
    watch: Watch = False,
) -> None:
    """Show a backfill with its runs by state."""
    show_one(context, lambda api: api.backfill(backfill), _view, output=output, watch=watch)


def _view(found: BackfillDocument) -> Group:
    if not found.skipped_count:
        return Group(_table([found]))
    told = [f"{found.skipped_count} runs were not started, the last of them:"]
    told += [
        f"  {moment(each.slot)} {each.client}: {each.reason}"
        for each in found.skipped[-_SKIPPED_SHOWN:]
    ]
    return Group(_table([found]), lines_of(told))


@commands.command("pause")
def pause_backfill(context: typer.Context, backfill: Backfill) -> None:
    """Begin no further slot, and hold what waits; what runs goes on."""
    _tell(call(context, lambda api: api.pause_backfill(backfill)))


@commands.command("resume")
def resume_backfill(context: typer.Context, backfill: Backfill) -> None:
    """Release what waits, and go on."""
    _tell(call(context, lambda api: api.resume_backfill(backfill)))


@commands.command("cancel")
def cancel_backfill(context: typer.Context, backfill: Backfill) -> None:
    """Begin no further slot, and cancel every run."""
    _tell(call(context, lambda api: api.cancel_backfill(backfill)))


def _request(
    job: str,
    since: str,
    until: str,
    clients: list[str] | None,
    label: list[str] | None,
    *,
    options: Mapping[str, object] = MappingProxyType({}),
) -> BackfillRequest:
    fields: dict[str, Any] = {"job": job, "since": since, "until": until, **options}
    if clients or label:
        fields["clients"] = {"names": clients or [], "labels": parse_labels(label or [])}
    return validate(BackfillRequest, fields)


def _show(found: BackfillDocument, output: OutputFormat) -> None:
    if output.is_document:
        print_document(found, output)
    else:
        stdout_console(output).print(_table([found]))


def _table(items: Sequence[BackfillDocument]) -> Table:
    rows = [
        [
            each.id,
            each.request.job,
            each.state.value,
            f"{each.slots_started}/{each.plan.slots}",
            str(each.plan.runs),
            ", ".join(f"{number} {state}" for state, number in sorted(each.counts.items())),
            moment(each.created_at),
        ]
        for each in items
    ]
    headers = ["BACKFILL", "JOB", "STATE", "SLOTS", "RUNS", "COUNTS", "CREATED"]
    return table_of(headers, rows)


def _tell(found: BackfillDocument) -> None:
    sys.stdout.write(f"backfill {found.id} is {found.state}\n")
