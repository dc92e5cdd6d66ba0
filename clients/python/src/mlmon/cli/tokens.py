"""`mlmon tokens`: make, list and revoke tokens."""

import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.table import Table

from mlmon.cli.list_commands import add_list
from mlmon.cli.lists import Watch, show_one
from mlmon.cli.options import Output, OutputFormat
from mlmon.cli.problems import complain
from mlmon.cli.sessions import call
from mlmon.cli.tables import print_document, table_of
from mlmon.cli.texts import moment, plain
from mlmon_shared.wire.catalog import TokenDocument, TokenRequest
from mlmon_shared.wire.states import Scope
from mlmon_shared.wire.validation import validate

commands = typer.Typer(no_args_is_help=True)

TokenArgument = Annotated[str, typer.Argument(metavar="TOKEN", help="Id of a token.")]
_TIMES = ["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"]


@commands.command("create")
def create_token(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Of the token.")],
    *,
    scope: Annotated[list[Scope], typer.Option("--scope", help="May be repeated.")],
    client: Annotated[
        list[str] | None,
        typer.Option("--client", help="It sees and submits runs of these alone; repeatable."),
    ] = None,
    job: Annotated[
        list[str] | None,
        typer.Option("--job", help="It sees and submits runs of these alone; repeatable."),
    ] = None,
    pool: Annotated[
        str | None, typer.Option("--pool", help="That a token of scope agent serves.")
    ] = None,
    expires: Annotated[
        datetime | None, typer.Option("--expires", formats=_TIMES, help="When it ends (UTC).")
    ] = None,
    output: Output = OutputFormat.TABLE,
) -> None:
    """Make a token and print its secret, which is shown this once."""
    given = {
        "name": name,
        "scopes": scope,
        "clients": client or None,
        "jobs": job or None,
        "pool": pool,
        "expires_at": expires.replace(tzinfo=UTC) if expires is not None else None,
    }
    wanted = {field: value for field, value in given.items() if value is not None}
    request = validate(TokenRequest, wanted)
    made = call(context, lambda api: api.config_api.create_token(request))
    if output.is_document:
        print_document(made, output)
        return
    sys.stdout.write(f"{made.token}\n")
    complain(f"made the token {plain(made.name)}, {made.id}; its secret is not shown again")


add_list(
    commands,
    lambda api, limit, cursor: api.config_api.list_tokens(limit=limit, cursor=cursor),
    lambda page: _table(page.items),
    summary="List the tokens that are not revoked, and what they are limited to.",
)


@commands.command("get")
def get_token(
    context: typer.Context,
    token_id: TokenArgument,
    output: Output = OutputFormat.TABLE,
    *,
    watch: Watch = False,
) -> None:
    """Show a token, without its secret."""
    show_one(
        context,
        lambda api: api.config_api.get_token(token_id),
        lambda token: _table([token]),
        output=output,
        watch=watch,
    )


@commands.command("revoke")
def revoke_token(
    context: typer.Context,
    token: TokenArgument,
) -> None:
    """Revoke a token: nothing takes it any more within seconds."""
    call(context, lambda api: api.config_api.revoke_token(token))
    sys.stdout.write(f"revoked token {plain(token)}\n")


def _table(tokens: Iterable[TokenDocument]) -> Table:
    return table_of(
        ("TOKEN", "NAME", "SCOPES", "POOL", "CLIENTS", "JOBS", "EXPIRES"),
        (
            (
                token.id,
                token.name,
                ",".join(token.scopes),
                token.pool,
                _names(token.clients),
                _names(token.jobs),
                moment(token.expires_at),
            )
            for token in tokens
        ),
    )


def _names(names: list[str] | None) -> str:
    return ",".join(names) if names is not None else "all"
