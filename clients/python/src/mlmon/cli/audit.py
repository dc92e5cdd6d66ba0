"""`mlmon audit`: who changed the configuration, and how."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from mlmon.cli.options import Cursor, Limit, Output, OutputFormat
from mlmon.cli.sessions import call
from mlmon.cli.tables import print_document, stdout_console, table_of
from mlmon.cli.texts import moment

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
    rows = (
        (event.revision, moment(event.at), event.by, event.action, event.kind, event.name)
        for event in page.items
    )
    stdout_console(output).print(table_of(("REVISION", "AT", "BY", "ACTION", "KIND", "NAME"), rows))
