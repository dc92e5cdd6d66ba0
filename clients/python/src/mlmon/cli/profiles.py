"""`mlmon profiles`: servers by name."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer
from pydantic import BaseModel

from mlmon.cli.options import Output, OutputFormat
from mlmon.cli.sessions import session_of
from mlmon.cli.tables import print_document, stdout_console, table_of
from mlmon.cli.texts import plain
from mlmon.connections import URL_VARIABLE
from mlmon.profiles import choose_profile, find_profile, list_profiles

commands = typer.Typer(no_args_is_help=True)


class _Profile(BaseModel):
    name: str
    server: str
    token_file: Path | None
    is_used: bool


class _Profiles(BaseModel):
    """What `-o json` prints."""

    items: list[_Profile]


@commands.command("list")
def list_all(context: typer.Context, output: Output = OutputFormat.TABLE) -> None:
    """List the profiles in config.toml; the one in use has a mark."""
    session = session_of(context)
    # A URL goes before every profile but one that is named beside the command.
    has_url = session.server or (not session.profile and os.environ.get(URL_VARIABLE))
    used = None if has_url else find_profile(session.profile)
    profiles = list_profiles()
    if output.is_document:
        items = [
            _Profile(
                name=each.name,
                server=each.server,
                token_file=each.token_file,
                is_used=each == used,
            )
            for each in profiles
        ]
        print_document(_Profiles(items=items), output)
        return
    rows = [
        (each.name, "*" if each == used else "", each.server, each.token_file or "")
        for each in profiles
    ]
    stdout_console(output).print(table_of(["PROFILE", "USED", "SERVER", "TOKEN FILE"], rows))


@commands.command("use")
def use(name: Annotated[str, typer.Argument(metavar="PROFILE")]) -> None:
    """Use a profile from now on, where nothing else names a server."""
    chosen = choose_profile(name)
    sys.stdout.write(plain(f"{chosen.name}: {chosen.server}") + "\n")
