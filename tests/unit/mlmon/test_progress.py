import io
import sys
from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from IPython.core.displaypub import CapturingDisplayPublisher
from IPython.core.interactiveshell import InteractiveShell

from mlmon import AsyncClient
from mlmon.html import batch_html, run_html, table_html

SCRIPT = "<script>alert(1)</script>"


@pytest.fixture
def notebook(monkeypatch: pytest.MonkeyPatch) -> Iterator[CapturingDisplayPublisher]:
    """What IPython displays as a notebook's kernel runs it."""
    shell = InteractiveShell.instance()
    published = CapturingDisplayPublisher()
    monkeypatch.setattr(shell, "display_pub", published)
    yield published
    assert shell.history_manager is not None
    shell.history_manager.end_session()
    InteractiveShell.clear_instance()


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


async def test_a_notebook_shows_one_output_that_changes(
    client: AsyncClient, api: FastAPI, make_batch, notebook: CapturingDisplayPublisher
) -> None:
    running = make_batch(state="running", outcome=None, counts={"running": 2}, name=SCRIPT)
    api.state.batches = [running, make_batch(name=SCRIPT)]

    await client.wait_batch("b1", progress=True, poll_seconds=0)

    first, *later = notebook.outputs
    assert {output["transient"]["display_id"] for output in later} == {
        first["transient"]["display_id"]
    }
    assert "0 of 2 ended" in first["data"]["text/html"]
    assert "2 of 2 ended" in later[-1]["data"]["text/html"]
    assert not any(SCRIPT in output["data"]["text/html"] for output in [first, *later])


async def test_a_terminal_shows_a_bar(
    client: AsyncClient, api: FastAPI, make_run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    api.state.runs["r1"] = make_run(client="A\x1bA")

    await client.wait("r1", progress=True)

    assert "train for A\\x1bA" in terminal.getvalue()
    assert "succeeded" in terminal.getvalue()


async def test_nothing_is_shown_elsewhere(
    client: AsyncClient, capsys: pytest.CaptureFixture[str]
) -> None:
    await client.wait("r1", progress=True)

    assert capsys.readouterr() == ("", "")


def test_text_of_others_is_escaped(make_run, make_batch) -> None:
    fields = {"reason": SCRIPT, "params": {SCRIPT: SCRIPT}, "metrics": {SCRIPT: 1.0}}
    shown = [
        run_html(make_run(SCRIPT, job=SCRIPT, client=SCRIPT, **fields)),
        batch_html(make_batch(id=SCRIPT, name=SCRIPT)),
        table_html([SCRIPT], [[SCRIPT]], SCRIPT),
    ]

    assert "<script" not in "".join(shown)
    assert all("&lt;script&gt;" in text for text in shown)
