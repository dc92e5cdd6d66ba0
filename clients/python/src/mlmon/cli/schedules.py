"""`mlmon schedules`: when jobs run by themselves."""

import sys
from collections.abc import Iterable, Iterator
from typing import Annotated

import typer
from rich.console import Group
from rich.table import Table

from mlmon.async_clients import AsyncClient
from mlmon.cli.completions import job_names
from mlmon.cli.list_commands import add_list
from mlmon.cli.lists import Watch, lines_of, show_list, show_one
from mlmon.cli.options import IfMatch, Limit, Output, OutputFormat
from mlmon.cli.sessions import call
from mlmon.cli.tables import print_document, stdout_console, table_of
from mlmon.cli.texts import moment, plain
from mlmon.errors import ForbiddenError
from mlmon_shared.wire.schedules import (
    FiringDocument,
    FiringPage,
    PreviewDocument,
    ScheduleDocument,
    SchedulePage,
    SlotTime,
)

commands = typer.Typer(no_args_is_help=True)
Job = Annotated[str, typer.Argument(metavar="JOB", autocompletion=job_names)]


def _schedules_table(page: SchedulePage) -> Table:
    rows = [
        [
            each.job,
            each.schedule.cron,
            each.schedule.timezone,
            str(each.clients),
            "paused" if each.is_paused else moment(each.next[0].at) if each.next else "never",
        ]
        for each in page.items
    ]
    return table_of(["JOB", "CRON", "ZONE", "CLIENTS", "NEXT"], rows)


add_list(
    commands,
    lambda api, limit, cursor: api.config_api.list_schedules(limit=limit, cursor=cursor),
    _schedules_table,
    summary="List the jobs that have a schedule, each with its next slot.",
)


@commands.command("get")
def get_schedule(
    context: typer.Context,
    job: Job,
    output: Output = OutputFormat.TABLE,
    *,
    watch: Watch = False,
) -> None:
    """Show the schedule of a job, its last firing, and its next 20 slots in UTC and in its zone."""
    firings: list[FiringDocument] | None = []

    async def fetch(api: AsyncClient) -> ScheduleDocument:
        nonlocal firings
        firings = [] if output.is_document else await _find_firings(api, job)
        return await api.schedule(job)

    def view(found: ScheduleDocument) -> Group:
        return Group(lines_of(_facts(found, firings)), _slots_table(found.next))

    show_one(context, fetch, view, output=output, watch=watch)


def _facts(found: ScheduleDocument, firings: Iterable[FiringDocument] | None) -> Iterator[str]:
    schedule = found.schedule
    yield (
        f"{found.job} v{found.version}: {schedule.cron} in {schedule.timezone}, {found.clients} "
        f"clients, overlap: {schedule.overlap}"
    )
    if found.is_paused:
        reason = f": {found.pause_reason}" if found.pause_reason else ""
        yield f"paused{reason}; these slots are passed over"
    if firings is None:
        yield "last slot: not shown to a token that is limited"
    for last in firings or ():
        batch = f", batch {last.batch}" if last.batch else ""
        skipped = f", {last.skipped_count} skipped" if last.skipped_count else ""
        yield f"last slot: {moment(last.slot)}, {last.runs} runs{skipped}{batch}"


@commands.command("preview")
def preview_schedule(
    context: typer.Context,
    cron: Annotated[str, typer.Argument(metavar="CRON", help='Such as "30 2 * * *".')],
    zone: Annotated[str, typer.Option("--timezone", help="Such as Europe/London.")] = "UTC",
    count: Annotated[int, typer.Option("--count", min=1, max=100)] = 20,
    output: Output = OutputFormat.TABLE,
) -> None:
    """Show when a schedule would fire, before it is saved."""
    slots = call(context, lambda api: api.preview_schedule(cron, zone, count=count))
    if output.is_document:
        print_document(PreviewDocument(slots=slots), output)
    else:
        stdout_console(output).print(_slots_table(slots))


@commands.command("firings")
def list_firings(
    context: typer.Context,
    job: Annotated[str | None, typer.Argument(metavar="[JOB]")] = None,
    limit: Limit = 50,
    output: Output = OutputFormat.TABLE,
    *,
    watch: Watch = False,
) -> None:
    """Show what the last slots came to, the newest first; -o json names who was skipped."""

    async def fetch(api: AsyncClient) -> FiringPage:
        return FiringPage(items=await api.firings(job, limit=limit))

    show_list(context, fetch, _firings_table, output=output, watch=watch)


@commands.command("pause")
def pause_schedule(
    context: typer.Context,
    job: Job,
    reason: Annotated[str, typer.Option("--reason", help="Why; others see it.")] = "",
    if_match: IfMatch = None,
) -> None:
    """Let a job start nothing by itself; slots that pass meanwhile are not made up for."""
    call(context, lambda api: api.pause_schedule(job, reason=reason, if_match=if_match))
    sys.stdout.write(plain(f"schedule of {job} is paused") + "\n")


@commands.command("resume")
def resume_schedule(context: typer.Context, job: Job, if_match: IfMatch = None) -> None:
    """Let a paused schedule go on with its next slot."""
    call(context, lambda api: api.resume_schedule(job, if_match=if_match))
    sys.stdout.write(plain(f"schedule of {job} is not paused") + "\n")


def _slots_table(slots: Iterable[SlotTime]) -> Table:
    return table_of(
        ["UTC", "THERE"],
        [[moment(slot.at), slot.local.strftime("%a %Y-%m-%d %H:%M %z")] for slot in slots],
    )


async def _find_firings(api: AsyncClient, job: str) -> list[FiringDocument] | None:
    """Return the last firing; None when the token may not see it."""
    try:
        return await api.firings(job, limit=1)
    except ForbiddenError:
        return None


def _firings_table(page: FiringPage) -> Table:
    rows = [
        [
            each.job,
            moment(each.slot),
            moment(each.fired_at),
            str(each.runs),
            str(each.skipped_count),
            each.batch or "",
        ]
        for each in page.items
    ]
    return table_of(["JOB", "SLOT", "FIRED", "RUNS", "SKIPPED", "BATCH"], rows)
