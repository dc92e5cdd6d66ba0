"""`mlmon webhooks`: who hears how runs and batches end."""

import sys
from collections.abc import Iterable
from typing import Annotated, Any

import typer
from rich.table import Table

from mlmon.async_clients import AsyncClient
from mlmon.cli.list_commands import add_list
from mlmon.cli.lists import Watch, show_list, show_one, tell_more
from mlmon.cli.options import Cursor, IfMatch, Limit, Output, OutputFormat, parse_labels
from mlmon.cli.problems import EXIT_FAILED, complain
from mlmon.cli.sessions import call
from mlmon.cli.tables import facts_table, print_document, table_of
from mlmon.cli.texts import moment, plain
from mlmon_shared.wire.webhooks import (
    DeliveryState,
    WebhookDeliveryPage,
    WebhookDocument,
    WebhookEvent,
)

commands = typer.Typer(no_args_is_help=True)
Name = Annotated[str, typer.Argument(metavar="WEBHOOK", help="Name of a webhook.")]


@commands.command("put")
def put_webhook(
    context: typer.Context,
    *,
    name: Name,
    url: Annotated[str, typer.Option("--url", help="https://…, a public address.")],
    events: Annotated[
        list[WebhookEvent], typer.Option("--on", help="What it hears; may be repeated.")
    ],
    job: Annotated[
        list[str] | None, typer.Option("--job", help="Only runs of this job; may be repeated.")
    ] = None,
    client: Annotated[
        list[str] | None,
        typer.Option("--client", help="Only runs for this client; may be repeated."),
    ] = None,
    client_label: Annotated[
        list[str] | None,
        typer.Option(
            "--client-label", metavar="KEY=VALUE", help="Only runs for clients with this label."
        ),
    ] = None,
    description: Annotated[str | None, typer.Option("--description")] = None,
    paused: Annotated[bool, typer.Option("--paused", help="It hears nothing for now.")] = False,
    if_match: IfMatch = None,
) -> None:
    """Create a webhook, and show its secret; or replace all that is known about one."""
    fields: dict[str, Any] = {"name": name, "url": url, "events": events, "is_paused": paused}
    if job:
        fields["jobs"] = job
    if client or client_label:
        labels = parse_labels(client_label or [], of="--client-label")
        fields["clients"] = {"names": client or [], "labels": labels}
    if description is not None:
        fields["description"] = description
    result = call(context, lambda api: api.put_webhook(fields, if_match=if_match))
    sys.stdout.write(plain(f"{result.change} webhook {result.name}") + "\n")
    for warning in result.warnings:
        complain(plain(f"warning: {warning.pointer}: {warning.detail}"))
    if result.secret is not None:
        _show_secret(result.secret)


add_list(
    commands,
    lambda api, limit, cursor: api.config_api.list_webhooks(limit=limit, cursor=cursor),
    lambda page: _webhooks_table(page.items),
    summary="List the webhooks, by name.",
)


@commands.command("get")
def get_webhook(
    context: typer.Context,
    name: Name,
    output: Output = OutputFormat.TABLE,
    *,
    watch: Watch = False,
) -> None:
    """Show a webhook without its secret."""
    show_one(context, lambda api: api.webhook(name), _view, output=output, watch=watch)


def _view(found: WebhookDocument) -> Table:
    facts = (
        ("name", found.name),
        ("description", found.description),
        ("url", found.url),
        ("hears", ", ".join(found.events)),
        ("jobs", ", ".join(found.jobs) or "all"),
        ("clients", _clients(found)),
        ("paused", "yes" if found.is_paused else "no"),
        ("secret of", moment(found.secret_created_at)),
        ("old secret until", moment(found.old_secret_expires_at)),
        ("secrets wrapped by", ", ".join(found.secrets_wrapped_by) or "no key"),
    )
    return facts_table(facts)


@commands.command("remove")
def remove_webhook(context: typer.Context, name: Name, if_match: IfMatch = None) -> None:
    """Remove a webhook; what it was still to be sent is given up."""
    call(context, lambda api: api.remove_webhook(name, if_match=if_match))
    sys.stdout.write(plain(f"webhook {name} is removed") + "\n")


@commands.command("rotate")
def rotate_secret(
    context: typer.Context,
    name: Name,
    keep_old: Annotated[
        str, typer.Option("--keep-old", help="How long the old one signs as well; 0: no longer.")
    ] = "24h",
) -> None:
    """Make a new secret, and show it; the old one signs as well for a while."""
    found = call(context, lambda api: api.rotate_webhook_secret(name, keep_old=keep_old))
    until = found.old_secret_expires_at
    old = f"signs until {moment(until)}" if until is not None else "signs no longer"
    sys.stdout.write(plain(f"webhook {name} has a new secret; the old one {old}") + "\n")
    _show_secret(found.secret)


@commands.command("test")
def send_ping(
    context: typer.Context, name: Name, output: Output = OutputFormat.TABLE
) -> int | None:
    """Send a message of type ping now, and show what the receiver answered."""
    found = call(context, lambda api: api.ping_webhook(name))
    if output.is_document:
        print_document(found, output)
    elif found.is_delivered:
        sys.stdout.write(
            plain(f"{name} took the ping: {found.status}, {found.seconds:.3f} s") + "\n"
        )
    else:
        complain(plain(f"{name} did not take the ping: {found.error}"))
    return None if found.is_delivered else EXIT_FAILED


@commands.command("deliveries")
def list_deliveries(
    context: typer.Context,
    *,
    webhook: Annotated[
        str | None, typer.Argument(metavar="[WEBHOOK]", help="Only what this one is sent.")
    ] = None,
    state: Annotated[DeliveryState | None, typer.Option("--state")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
    output: Output = OutputFormat.TABLE,
    watch: Watch = False,
) -> None:
    """List what webhooks were or are to be sent, of the newest outcomes first."""

    async def fetch(api: AsyncClient) -> WebhookDeliveryPage:
        return await api.history.list_webhook_deliveries(
            webhook=webhook, state=state, limit=limit, cursor=cursor
        )

    page = show_list(context, fetch, _deliveries_table, output=output, watch=watch)
    tell_more(page.next_cursor, output)


@commands.command("retry")
def retry_delivery(
    context: typer.Context,
    delivery: Annotated[str, typer.Argument(metavar="DELIVERY", help="Id of a delivery.")],
) -> None:
    """Send a delivery again soon, whatever became of it, and for a day if need be."""
    found = call(context, lambda api: api.retry_webhook_delivery(delivery))
    sys.stdout.write(plain(f"{found.event} of {found.subject} is sent to {found.webhook}") + "\n")


def _show_secret(secret: str) -> None:
    sys.stdout.write(f"secret: {plain(secret)}\n")
    complain("the secret is shown this once; save it where the receiver finds it")


def _clients(webhook: WebhookDocument) -> str:
    labels = [f"{name}={value}" for name, value in sorted(webhook.clients.labels.items())]
    return ", ".join(webhook.clients.names or labels) or "all"


def _webhooks_table(webhooks: Iterable[WebhookDocument]) -> Table:
    rows = [
        (
            each.name,
            each.url,
            ", ".join(each.events),
            ", ".join(each.jobs) or "all",
            _clients(each),
            "paused" if each.is_paused else "",
        )
        for each in webhooks
    ]
    return table_of(("NAME", "URL", "HEARS", "JOBS", "CLIENTS", ""), rows)


def _deliveries_table(page: WebhookDeliveryPage) -> Table:
    rows = [
        (
            each.id,
            each.webhook,
            each.event,
            each.subject,
            each.state.value,
            each.tries,
            moment(each.next_try_at or each.last_tried_at),
            each.last_error,
        )
        for each in page.items
    ]
    headers = ("ID", "WEBHOOK", "EVENT", "RUN OR BATCH", "STATE", "TRIES", "NEXT OR LAST", "ERROR")
    return table_of(headers, rows)
