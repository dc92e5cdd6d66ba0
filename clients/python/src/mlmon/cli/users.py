"""`mlmon users`: who may sign in, and as what."""

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from mlmon.async_clients import AsyncClient
from mlmon.cli.list_commands import add_list
from mlmon.cli.lists import Watch, show_one
from mlmon.cli.options import IfMatch, Output, OutputFormat
from mlmon.cli.problems import complain
from mlmon.cli.sessions import call
from mlmon.cli.tables import table_of
from mlmon.cli.texts import moment, plain
from mlmon.errors import NotFoundError
from mlmon_shared.wire.catalog import ApplyResult
from mlmon_shared.wire.users import Role, User, UserDocument

commands = typer.Typer(no_args_is_help=True)
UserArgument = Annotated[str, typer.Argument(metavar="USER", help="Name of a user.")]


@commands.command("set")
def set_user(
    context: typer.Context,
    *,
    name: UserArgument,
    role: Annotated[
        list[Role] | None, typer.Option("--role", help="May be repeated; replaces those before.")
    ] = None,
    display_name: Annotated[str | None, typer.Option("--display-name")] = None,
    email: Annotated[str | None, typer.Option("--email")] = None,
    issuer: Annotated[
        str | None, typer.Option("--issuer", metavar="URL", help="OpenID provider; with --subject.")
    ] = None,
    subject: Annotated[
        str | None, typer.Option("--subject", help="The provider's id of this person (sub).")
    ] = None,
    disabled: Annotated[
        bool | None,
        typer.Option("--disabled/--enabled", help="A disabled user is signed out at once."),
    ] = None,
    if_match: IfMatch = None,
) -> None:
    """Create a user, or change what the options say; the rest stays.

    Nothing is changed if somebody else changes the user meanwhile.
    """
    if (issuer is None) != (subject is None):
        raise typer.BadParameter("--issuer and --subject go together", param_hint="--subject")
    given = {
        "roles": list(dict.fromkeys(role)) if role else None,
        "display_name": display_name,
        "email": email,
        "identity": {"issuer": issuer, "subject": subject} if issuer is not None else None,
        "is_disabled": disabled,
    }
    changed = {field: value for field, value in given.items() if value is not None}

    async def change(api: AsyncClient) -> ApplyResult:
        fields: dict[str, Any] = {"name": name}
        etag = if_match
        try:
            known = await api.get_user(name)
        except NotFoundError:
            if "roles" not in changed:
                raise typer.BadParameter(
                    f"{name} is new: say what it may do", param_hint="--role"
                ) from None
        else:
            fields |= {field: getattr(known, field) for field in User.model_fields}
            etag = if_match or known.etag
        return await api.put_user(fields | changed, if_match=etag)

    result = call(context, change)
    sys.stdout.write(plain(f"{result.change} user {result.name}") + "\n")
    if result.change == "created" and subject is None:
        sys.stdout.write(plain(f"let the user set a password: mlmon users invite {name}") + "\n")


add_list(
    commands,
    lambda api, limit, cursor: api.config_api.list_users(limit=limit, cursor=cursor),
    lambda page: _table(page.items),
    summary="List the users, by name.",
)


@commands.command("get")
def get_user(
    context: typer.Context,
    name: UserArgument,
    output: Output = OutputFormat.TABLE,
    *,
    watch: Watch = False,
) -> None:
    """Show a user."""
    show_one(
        context,
        lambda api: api.get_user(name),
        lambda user: _table([user]),
        output=output,
        watch=watch,
    )


@commands.command("remove")
def remove_user(context: typer.Context, name: UserArgument, if_match: IfMatch = None) -> None:
    """Remove a user, who is signed out at once; runs and the audit keep the name."""
    call(context, lambda api: api.delete_user(name, if_match=if_match))
    sys.stdout.write(plain(f"removed user {name}") + "\n")


@commands.command("password")
def set_password(
    context: typer.Context,
    name: UserArgument,
    file: Annotated[
        Path | None,
        typer.Option("--file", exists=True, dir_okay=False, help="Holds it; else you are asked."),
    ] = None,
) -> None:
    """Give a user a password; the user is signed out of everything."""
    if file is not None:
        password = file.read_text().rstrip("\r\n")
    else:
        password = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    call(context, lambda api: api.set_user_password(name, password))
    sys.stdout.write(plain(f"the password of {name} is set") + "\n")


@commands.command("invite")
def invite_user(context: typer.Context, name: UserArgument) -> None:
    """Print a link with which the user sets a password, once; whoever has it can."""

    async def invite(api: AsyncClient) -> tuple[str, str]:
        invitation = await api.invite_user(name)
        return api.url + invitation.path, moment(invitation.expires_at)

    link, until = call(context, invite)
    sys.stdout.write(plain(link) + "\n")
    complain(f"for {name}, once, until {until}")


def _table(users: Iterable[UserDocument]) -> Table:
    rows = (
        (
            user.name,
            user.display_name,
            ", ".join(user.roles),
            _signs_in(user),
            "disabled" if user.is_disabled else "",
        )
        for user in users
    )
    return table_of(("NAME", "DISPLAY NAME", "ROLES", "SIGNS IN WITH", "STATE"), rows)


def _signs_in(user: UserDocument) -> str:
    ways = (("password", user.has_password), ("provider", user.identity is not None))
    return ", ".join(way for way, is_open in ways if is_open) or "nothing yet"
