"""Lists, shown once or watched: a live view on a terminal, elsewhere a table per change."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Final, TypeVar

import anyio
import typer
from pydantic import BaseModel
from rich.console import Console, RenderableType
from rich.live import Live

from mlmon.async_clients import AsyncClient
from mlmon.cli.options import OutputFormat
from mlmon.cli.sessions import call
from mlmon.cli.tables import print_document, stdout_console

PageT = TypeVar("PageT", bound=BaseModel)
POLL_SECONDS: Final = 2.0

Watch = Annotated[
    bool, typer.Option("--watch", "-w", help="Look again every 2 s, until Ctrl-C; tables only.")
]


def show_one(document: BaseModel, table: RenderableType, output: OutputFormat) -> None:
    """Print one thing: as a document if that is asked for, else as a table of one line."""
    if output.is_document:
        print_document(document, output)
    else:
        stdout_console(output).print(table)


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
    if watch and output.is_document:
        raise typer.BadParameter("shows tables only", param_hint="--watch")
    console = stdout_console(output)
    if watch:
        return call(context, lambda api: watch_list(lambda: fetch(api), table, console))
    page = call(context, fetch)
    if output.is_document:
        print_document(page, output)
    else:
        console.print(table(page))
    return page


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
