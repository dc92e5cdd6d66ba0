"""Commands that many nouns have in the same form: `list`, and `get` by a name."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Protocol, TypeVar, cast

import typer
from pydantic import BaseModel
from rich.console import RenderableType

from mlmon.async_clients import AsyncClient
from mlmon.cli.lists import Watch, show_list, show_one, tell_more
from mlmon.cli.options import Cursor, Limit, Output, OutputFormat

DocumentT = TypeVar("DocumentT", bound=BaseModel)


class _Paged(Protocol):
    """What every page of a list has."""

    next_cursor: str | None


def add_list(
    commands: typer.Typer,
    fetch: Callable[[AsyncClient, int, str | None], Awaitable[DocumentT]],
    table: Callable[[DocumentT], RenderableType],
    *,
    summary: str,
) -> None:
    """Add `list`, in pages.

    Args:
        commands: Of the noun.
        fetch: Asks for a page: of so many things, from a cursor on.
        table: Shows a page to people.
        summary: What the help says.
    """

    @commands.command("list", help=summary)
    def list_all(
        context: typer.Context,
        limit: Limit = 50,
        cursor: Cursor = None,
        output: Output = OutputFormat.TABLE,
        *,
        watch: Watch = False,
    ) -> None:
        page = show_list(
            context, lambda api: fetch(api, limit, cursor), table, output=output, watch=watch
        )
        tell_more(cast("_Paged", page).next_cursor, output)


def add_get(
    commands: typer.Typer,
    fetch: Callable[[AsyncClient, str], Awaitable[DocumentT]],
    view: Callable[[DocumentT], RenderableType],
    *,
    summary: str,
    complete: Callable[[typer.Context, str], list[str]] | None = None,
) -> None:
    """Add `get` of one thing by its name.

    Args:
        commands: Of the noun.
        fetch: Asks for the thing of this name.
        view: Shows it to people.
        summary: What the help says.
        complete: Names that a shell may complete.
    """

    @commands.command("get", help=summary)
    def get_one(
        context: typer.Context,
        name: Annotated[str, typer.Argument(metavar="NAME", autocompletion=complete)],
        output: Output = OutputFormat.TABLE,
        *,
        watch: Watch = False,
    ) -> None:
        show_one(context, lambda api: fetch(api, name), view, output=output, watch=watch)
