"""`mlmon audit`: who changed the configuration, and what people did to runs and hosts."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.console import Group
from rich.table import Table

from mlmon.cli.lists import Watch, lines_of, show_list, show_one, tell_more
from mlmon.cli.options import Cursor, Limit, Output, OutputFormat
from mlmon.cli.tables import table_of
from mlmon.cli.texts import moment
from mlmon_shared.document_diffs import diff_data
from mlmon_shared.wire.actions import Action, ActionDocument, ActionKind
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
    watch: Watch = False,
) -> None:
    """List changes of the configuration, the newest first; -o json has before and after."""
    page = show_list(
        context,
        lambda api: api.config_api.list_audit_events(
            kind=kind,
            name=name,
            by=by,
            since=since.replace(tzinfo=UTC) if since is not None else None,
            cursor=cursor,
            limit=limit,
        ),
        lambda page: _table(page.items),
        output=output,
        watch=watch,
    )
    tell_more(page.next_cursor, output)


@commands.command("get")
def get_audit_event(
    context: typer.Context,
    revision: Annotated[int, typer.Argument(metavar="REVISION", min=1)],
    output: Output = OutputFormat.TABLE,
    *,
    watch: Watch = False,
) -> None:
    """Show one change of the configuration, with the document before and after it."""
    show_one(
        context,
        lambda api: api.config_api.get_audit_event(revision),
        _view,
        output=output,
        watch=watch,
    )


@commands.command("actions")
def list_actions(
    context: typer.Context,
    *,
    kind: Annotated[ActionKind | None, typer.Option("--kind", help="Of the thing.")] = None,
    name: Annotated[str | None, typer.Option("--name", help="Id of the thing.")] = None,
    action: Annotated[Action | None, typer.Option("--action", help="What was done.")] = None,
    by: Annotated[str | None, typer.Option("--by", help="Name of the token or user.")] = None,
    since: Annotated[
        datetime | None, typer.Option("--since", formats=_TIMES, help="Not before this time (UTC).")
    ] = None,
    until: Annotated[
        datetime | None, typer.Option("--until", formats=_TIMES, help="Before this time (UTC).")
    ] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
    output: Output = OutputFormat.TABLE,
    watch: Watch = False,
) -> None:
    """List what people did to runs and hosts, newest first; -o json has before and after."""
    page = show_list(
        context,
        lambda api: api.history.list_actions(
            kind=kind,
            name=name,
            action=action,
            by=by,
            since=since.replace(tzinfo=UTC) if since is not None else None,
            until=until.replace(tzinfo=UTC) if until is not None else None,
            cursor=cursor,
            limit=limit,
        ),
        lambda page: _action_table(page.items),
        output=output,
        watch=watch,
    )
    tell_more(page.next_cursor, output)


def _action_table(actions: Iterable[ActionDocument]) -> Table:
    rows = (
        (moment(each.at), each.by, each.action, each.kind, each.name, each.client, each.job)
        for each in actions
    )
    return table_of(("AT", "BY", "ACTION", "KIND", "NAME", "CLIENT", "JOB"), rows)


def _view(event: AuditEvent) -> Group:
    diff = diff_data(event.before, event.after, old_title="before", new_title="after")
    return Group(_table([event]), *([lines_of(diff.splitlines())] if diff else []))


def _table(events: Iterable[AuditEvent]) -> Table:
    rows = (
        (event.revision, moment(event.at), event.by, event.action, event.kind, event.name)
        for event in events
    )
    return table_of(("REVISION", "AT", "BY", "ACTION", "KIND", "NAME"), rows)
