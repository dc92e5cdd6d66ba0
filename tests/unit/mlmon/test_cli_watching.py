"""Watching a batch: on a terminal, elsewhere, and where what is written goes."""

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from fastapi import FastAPI
from rich.console import Console

from mlmon import AsyncClient
from mlmon.cli.live_batches import batch_view, watch_batch
from mlmon.errors import WaitTimeoutError
from mlmon_shared.wire.batches import BatchDocument
from mlmon_shared.wire.runs import RunDocument

Mlmon = Callable[..., int]
MakeRun = Callable[..., RunDocument]
MakeBatch = Callable[..., BatchDocument]
Captured = pytest.CaptureFixture[str]


async def test_watching_prints_a_line_per_change_where_there_is_no_terminal(
    client: AsyncClient, api: FastAPI, make_batch: MakeBatch
) -> None:
    running = make_batch(state="running", outcome=None, counts={"queued": 1, "running": 1})
    api.state.batches = [running, running, make_batch()]
    written = io.StringIO()

    found = await watch_batch(client, "b1", Console(file=written), poll_seconds=0)

    assert found.model_dump() == make_batch().model_dump()
    assert written.getvalue() == "b1: 1 queued, 1 running of 2\nb1: 2 succeeded of 2\n"


async def test_watching_on_a_terminal_ends_with_the_batch(
    client: AsyncClient, api: FastAPI, make_batch: MakeBatch
) -> None:
    running = make_batch(state="running", outcome=None, counts={"running": 2})
    api.state.batches = [running, make_batch()]
    written = io.StringIO()
    console = Console(file=written, force_terminal=True, force_interactive=True, width=100)

    found = await watch_batch(client, "b1", console, poll_seconds=0)

    assert found.model_dump() == make_batch().model_dump()
    assert "2/2" in written.getvalue()


@pytest.mark.parametrize("is_terminal", [True, False])
async def test_watching_a_batch_ends_when_the_time_is_up(
    client: AsyncClient, api: FastAPI, make_batch: MakeBatch, *, is_terminal: bool
) -> None:
    api.state.batches = [make_batch(state="running", outcome=None, counts={"running": 2})]
    console = Console(
        file=io.StringIO(), force_terminal=is_terminal, force_interactive=is_terminal, width=100
    )

    with pytest.raises(WaitTimeoutError, match="b1 is not finished after 0 s; it goes on"):
        await watch_batch(client, "b1", console, timeout=0)


def test_progress_of_a_batch_is_not_mixed_with_its_id(
    mlmon: Mlmon, api: FastAPI, tmp_path: Path, make_batch: MakeBatch, capsys: Captured
) -> None:
    running = make_batch(state="running", outcome=None, counts={"running": 2})
    api.state.batches = [running, make_batch()]
    file = tmp_path / "batch.yaml"
    file.write_text("items: [{key: a, job: train, client: AA}]")

    assert mlmon("submit", "--batch", file, "--wait") == 0

    captured = capsys.readouterr()
    assert captured.out == "b1\n"
    assert captured.err == "b1: 2 running of 2\nb1: 2 succeeded of 2\n"


def test_live_view_has_a_line_per_running_run(make_run: MakeRun, make_batch: MakeBatch) -> None:
    attempt = {
        "id": "r1.1",
        "number": 1,
        "state": "running",
        "agent": "a1",
        "host": "host-7",
        "pool": "cpu",
        "fence": "1-1",
        "granted_at": "2026-01-01T00:00:00Z",
    }
    run = make_run(state="running", attempts=[attempt], progress=0.42, run_seconds=12)
    written = io.StringIO()

    Console(file=written, width=100).print(
        batch_view(make_batch(name="x\x1b", counts={"running": 3}), [run])
    )

    shown = written.getvalue()
    assert "\x1b" not in shown
    assert all(text in shown for text in ("train", "AA", "host-7", "42 %", "12 s", "and 2 more"))
