from collections.abc import Awaitable, Callable, Iterator
from io import StringIO
from typing import Any

import httpx
import pytest
import typer
from rich.console import Console
from rich.text import Text

from mlmon.cli.lists import watch_list
from mlmon.cli.main import app, main
from mlmon.cli.sessions import Session
from mlmon.errors import NotFoundError
from mlmon_shared.wire.runs import RunDocument, RunPage

Mlmon = Callable[..., int]
Captured = pytest.CaptureFixture[str]
MakeRun = Callable[..., RunDocument]


def answers(*pages: RunPage) -> Callable[[], Awaitable[RunPage]]:
    """Give one page after the other, then fail as an API does."""
    left: Iterator[RunPage] = iter(pages)

    async def fetch() -> RunPage:
        for page in left:
            return page
        raise NotFoundError("the last page was shown")

    return fetch


async def watched(console: Console, *pages: RunPage) -> None:
    def table(page: RunPage) -> Text:
        return Text(" ".join(f"{run.id}={run.state}" for run in page.items))

    with pytest.raises(NotFoundError):
        await watch_list(answers(*pages), table, console, poll_seconds=0)


async def test_watched_list_is_printed_again_only_when_it_differs(make_run: MakeRun) -> None:
    queued = RunPage(items=[make_run(state="queued")])
    running = RunPage(items=[make_run(state="running")])
    written = StringIO()

    await watched(Console(file=written), queued, queued, running, queued)

    assert written.getvalue() == "r1=queued\nr1=running\nr1=queued\n"


async def test_watched_list_is_drawn_in_place_on_a_terminal(make_run: MakeRun) -> None:
    written = StringIO()
    console = Console(file=written, force_terminal=True, width=80)

    await watched(console, *(RunPage(items=[make_run(state=s)]) for s in ("queued", "running")))

    first, second = written.getvalue().index("r1=queued"), written.getvalue().index("r1=running")
    assert "\x1b[2K" in written.getvalue()[first:second]  # the line before is erased


GROUPS: dict[str, Any] = vars(typer.main.get_command(app))["commands"]
DOWNLOADS = {"artifacts get"}
"""What fetches a file, and shows nothing that could change."""


def commands_named(*names: str) -> list[str]:
    """Return the paths of all commands with such a name."""
    groups = GROUPS
    return [
        f"{group} {name}"
        for group, commands in groups.items()
        for name in getattr(commands, "commands", {})
        if name in names
    ]


@pytest.mark.parametrize("path", commands_named("list", "get"))
def test_every_list_and_get_can_be_watched(path: str) -> None:
    group, name = path.split()
    command = GROUPS[group].commands[name]

    options = {option for each in command.params for option in each.opts}

    assert ("--watch" in options) is (path not in DOWNLOADS)


def test_lists_and_gets_are_all_found() -> None:
    found = commands_named("list", "get")

    assert {"pools list", "pools get", "runs get", "artifacts get", "profiles list"} <= set(found)
    assert len(found) > 30


@pytest.mark.parametrize(
    "command",
    [
        ["runs", "list"],
        ["runs", "get", "r1"],
        ["jobs", "get", "train"],
        ["schedules", "get", "train"],
        ["webhooks", "get", "on-call"],
        ["profiles", "list"],
        ["batches", "list"],
        ["agents", "list"],
        ["backfills", "list"],
        ["schedules", "firings"],
        ["breakers", "list"],
        ["queues"],
    ],
)
def test_documents_are_not_watched(mlmon: Mlmon, command: list[str], capsys: Captured) -> None:
    assert mlmon(*command, "--watch", "-o", "json") == 2
    assert "--watch" in capsys.readouterr().err


def test_watching_is_ended_by_an_error_as_one_line(capsys: Captured) -> None:
    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(403, json={"detail": "no"})

    session = Session(transport=httpx.MockTransport(answer))

    assert main(["breakers", "list", "--watch"], session) == 1
    assert capsys.readouterr().err == "mlmon: no\n"
