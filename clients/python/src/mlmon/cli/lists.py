"""Lists, shown once or watched: a live view on a terminal, elsewhere a table per change."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Annotated, Final, TypeVar

import anyio
import typer
from pydantic import BaseModel
from rich.console import Console, RenderableType
from rich.live import Live
from rich.text import Text

from mlmon.async_clients import AsyncClient
from mlmon.cli.options import OutputFormat
from mlmon.cli.problems import complain
from mlmon.cli.sessions import call
from mlmon.cli.tables import print_document, stdout_console
from mlmon.cli.texts import plain

PageT = TypeVar("PageT", bound=BaseModel)
POLL_SECONDS: Final = 2.0

Watch = Annotated[
    bool, typer.Option("--watch", "-w", help="Look again every 2 s, until Ctrl-C; tables only.")
]


def show_one(
    context: typer.Context,
    fetch: Callable[[AsyncClient], Awaitable[PageT]],
    view: Callable[[PageT], RenderableType],
    *,
    output: OutputFormat,
    watch: bool,
) -> PageT:
    """Print one thing, and return it: as `show_list` does, with a view that shows it alone."""
    return show_list(context, fetch, view, output=output, watch=watch)


def lines_of(lines: Iterable[str]) -> Text:
    """Return lines as they are, however long: text that people may copy."""
    return Text("\n".join(map(plain, lines)), no_wrap=True, overflow="ignore")


def tell_more(cursor: str | None, output: OutputFormat) -> None:
    """Say below a table that there is another page; documents have the cursor themselves."""
    if cursor is not None and not output.is_document:
        complain(f"there are more: --cursor {cursor}")


def show_list(
    context: typer.Context,
    fetch: Callable[[AsyncClient], Awaitable[PageT]],
    table: Callable[[PageT], RenderableType],
    *,
    output: OutputFormat,
    watch: bool,
) -> PageT:
    """Print a list, and return it; with `watch` it ends by an interrupt or an error only.

    Args:
        context: Of the command.
        fetch: Asks for the list.
        table: Shows it to people.
        output: How to print it.
        watch: Look again and again.

    Raises:
        typer.BadParameter: A document is to be watched.
    """
    _check(output, watch=watch)
    console = stdout_console(output)
    if watch:
        return call(context, lambda api: watch_list(lambda: fetch(api), table, console))
    page = call(context, fetch)
    _print(page, table, console, output)
    return page


def _check(output: OutputFormat, *, watch: bool) -> None:
    if watch and output.is_document:
        raise typer.BadParameter("shows tables only", param_hint="--watch")


def _print(
    page: PageT, table: Callable[[PageT], RenderableType], console: Console, output: OutputFormat
) -> None:
    if output.is_document:
        print_document(page, output)
    else:
        console.print(table(page), crop=False)


def show_local(
    fetch: Callable[[], PageT],
    table: Callable[[PageT], RenderableType],
    *,
    output: OutputFormat,
    watch: bool,
) -> None:
    """Print what this machine has, as `show_list` prints what a server has.

    Raises:
        typer.BadParameter: A document is to be watched.
    """
    _check(output, watch=watch)
    console = stdout_console(output)
    if watch:

        async def look() -> PageT:
            return fetch()

        asyncio.run(watch_list(look, table, console))
    _print(fetch(), table, console, output)


async def watch_list(
    fetch: Callable[[], Awaitable[PageT]],
    table: Callable[[PageT], RenderableType],
    console: Console,
    *,
    poll_seconds: float = POLL_SECONDS,
) -> PageT:
    """Show a list until an interrupt or an error ends it.

    Args:
        fetch: Asks for the list.
        table: Shows it to people.
        console: On a terminal the list is drawn in place; elsewhere it is printed again
            when it differs from what was printed last.
        poll_seconds: Between two looks.
    """
    if console.is_interactive:
        with Live(console=console, auto_refresh=False, vertical_overflow="crop") as live:
            while True:
                live.update(table(await fetch()), refresh=True)
                await anyio.sleep(poll_seconds)
    printed = None
    while True:
        with console.capture() as captured:
            console.print(table(await fetch()))
        if (text := captured.get()) != printed:
            console.out(text, end="")
            # A reader at the other end of a pipe sees it now.
            console.file.flush()
        printed = text
        await anyio.sleep(poll_seconds)
