"""`mlmon audit`: who changed the configuration, and how."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.table import Table

from mlmon.cli.options import Cursor, Limit, Output, OutputFormat
from mlmon.cli.sessions import call
from mlmon.cli.tables import print_document, stdout_console, table_of
from mlmon.cli.texts import moment, plain
from mlmon_shared.document_diffs import diff_data
from mlmon_shared.wire.catalog import AuditEvent

commands = typer.Typer(no_args_is_help=True)

_TIMES = ["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"]


@commands.command("list")
def list_audit_events(
    context: typer.Context,
    *,
    kind: Annotated[str | None, typer.Option("--kind", help="Such as client or pool.")] = None,
    name: Annotated[str | None, typer.Option("--name", help="Of what was changed.")] = None,
    by: Annotated[str | None, typer.Option("--by", help="Name of the token.")] = None,
    since: Annotated[
        datetime | None, typer.Option("--since", formats=_TIMES, help="Not before this time (UTC).")
    ] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
    output: Output = OutputFormat.TABLE,
) -> None:
    """List changes of the configuration, the newest first; -o json has before and after."""
    page = call(
        context,
        lambda api: api.config_api.list_audit_events(
            kind=kind,
            name=name,
            by=by,
            since=since.replace(tzinfo=UTC) if since is not None else None,
            cursor=cursor,
            limit=limit,
        ),
    )
    if output.is_document:
        print_document(page, output)
        return
    stdout_console(output).print(_table(page.items))


@commands.command("get")
def get_audit_event(
    context: typer.Context,
    revision: Annotated[int, typer.Argument(metavar="REVISION", min=1)],
    output: Output = OutputFormat.TABLE,
) -> None:
    """Show one change of the configuration, with the document before and after it."""
    event = call(context, lambda api: api.config_api.get_audit_event(revision))
    if output.is_document:
        print_document(event, output)
        return
    console = stdout_console(output)
    console.print(_table([event]))
    diff = diff_data(event.before, event.after, old_title="before", new_title="after")
    for line in diff.splitlines():
        console.print(plain(line), markup=False, highlight=False, soft_wrap=True)


def _table(events: Iterable[AuditEvent]) -> Table:
    rows = (
        (event.revision, moment(event.at), event.by, event.action, event.kind, event.name)
        for event in events
    )
    return table_of(("REVISION", "AT", "BY", "ACTION", "KIND", "NAME"), rows)
