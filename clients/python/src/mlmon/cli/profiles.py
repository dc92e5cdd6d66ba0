"""`mlmon profiles`: servers by name."""

import sys
from typing import Annotated

import typer

from mlmon.cli.sessions import session_of
from mlmon.cli.tables import stdout_console, table_of
from mlmon.cli.texts import plain
from mlmon.profiles import choose_profile, find_profile, list_profiles

commands = typer.Typer(no_args_is_help=True)


@commands.command("list")
def list_all(context: typer.Context) -> None:
    """List the profiles in config.toml; the one in use has a mark."""
    profiles = list_profiles()
    used = find_profile(session_of(context).profile)
    rows = [
        (each.name, "*" if each == used else "", each.server, each.token_file or "")
        for each in profiles
    ]
    stdout_console().print(table_of(["PROFILE", "USED", "SERVER", "TOKEN FILE"], rows))


@commands.command("use")
def use(name: Annotated[str, typer.Argument(metavar="PROFILE")]) -> None:
    """Use a profile from now on, where nothing else names a server."""
    chosen = choose_profile(name)
    sys.stdout.write(plain(f"{chosen.name}: {chosen.server}") + "\n")
