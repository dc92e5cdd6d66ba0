"""`mlmon profiles`: servers by name."""

import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer
from pydantic import BaseModel
from rich.table import Table

from mlmon.cli.completions import profile_names
from mlmon.cli.lists import Watch, show_local
from mlmon.cli.options import Output, OutputFormat
from mlmon.cli.sessions import session_of
from mlmon.cli.tables import table_of
from mlmon.cli.texts import plain
from mlmon.connections import URL_VARIABLE
from mlmon.profiles import choose_profile, find_profile, list_profiles

commands = typer.Typer(no_args_is_help=True)

ProfileName = Annotated[str, typer.Argument(metavar="PROFILE", autocompletion=profile_names)]


class _Profile(BaseModel):
    name: str
    server: str
    token_file: Path | None
    is_used: bool


class _Profiles(BaseModel):
    """What `-o json` prints."""

    items: list[_Profile]


@commands.command("list")
def list_all(
    context: typer.Context,
    output: Output = OutputFormat.TABLE,
    *,
    watch: Watch = False,
) -> None:
    """List the profiles in config.toml; the one in use has a mark."""
    show_local(
        lambda: _Profiles(items=_read(context)),
        lambda profiles: _table(profiles.items),
        output=output,
        watch=watch,
    )


@commands.command("get")
def get_profile(
    context: typer.Context,
    name: ProfileName,
    output: Output = OutputFormat.TABLE,
    *,
    watch: Watch = False,
) -> None:
    """Show a profile of config.toml."""

    def fetch() -> _Profile:
        # It says which ones there are, if it is none of them.
        find_profile(name)
        (found,) = (each for each in _read(context) if each.name == name)
        return found

    show_local(fetch, lambda found: _table([found]), output=output, watch=watch)


@commands.command("use")
def use(name: ProfileName) -> None:
    """Use a profile from now on, where nothing else names a server."""
    chosen = choose_profile(name)
    sys.stdout.write(plain(f"{chosen.name}: {chosen.server}") + "\n")


def _read(context: typer.Context) -> list[_Profile]:
    session = session_of(context)
    # A URL goes before every profile but one that is named beside the command.
    has_url = session.server or (not session.profile and os.environ.get(URL_VARIABLE))
    used = None if has_url else find_profile(session.profile)
    return [
        _Profile(
            name=each.name, server=each.server, token_file=each.token_file, is_used=each == used
        )
        for each in list_profiles()
    ]


def _table(profiles: Iterable[_Profile]) -> Table:
    rows = (
        (each.name, "*" if each.is_used else "", each.server, each.token_file or "")
        for each in profiles
    )
    return table_of(["PROFILE", "USED", "SERVER", "TOKEN FILE"], rows)
