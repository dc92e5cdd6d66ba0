from datetime import UTC, datetime
from typing import Any

import pytest

from mlmon_shared.wire.agent_protocol import Vector
from mlmon_worker_agent.adapters.status_pages import render_page
from mlmon_worker_agent.application.agent_status import StatusBoard
from mlmon_worker_agent.application.held_attempts import HeldAttempts
from mlmon_worker_agent.application.update_agent import AgentUpdater


@pytest.fixture
def board() -> StatusBoard:
    held = HeldAttempts(Vector(cpu_milli=1000, memory=100, disk=50))
    return StatusBoard(
        host="box",
        version="1",
        held=held,
        updater=AgentUpdater(None, held, leave=lambda: None, monotonic=float, spread_seconds=0),
        clock=lambda: datetime(2026, 1, 5, tzinfo=UTC),
    )


def page_of(board: StatusBoard) -> str:
    document: dict[str, Any] = board.describe().as_document()
    return render_page(document)


def test_page_says_nothing_of_attempts_while_they_are_taken(board: StatusBoard) -> None:
    assert "up since 2026-01-05T00:00:00Z.</p>" in page_of(board)


@pytest.mark.parametrize(
    ("is_draining", "drain_reason", "refusal", "told"),
    [
        (True, "", "", "It takes no new attempts.</p>"),
        (True, "EC2 takes it back.", "", "It takes no new attempts. EC2 takes it back.</p>"),
        (False, "", "Disk <full>.", "It takes no new attempts. Disk &lt;full&gt;.</p>"),
    ],
)
def test_page_says_why_no_attempts_are_taken(
    board: StatusBoard, drain_reason: str, refusal: str, told: str, *, is_draining: bool
) -> None:
    board.held.is_draining = is_draining
    board.held.drain_reason = drain_reason
    board.held.refuse(refusal)

    assert told in page_of(board)


def test_page_says_why_it_is_another_release(board: StatusBoard) -> None:
    board.updater.fault = "2 does <not> start"

    told = "It is not the release of its pool: 2 does &lt;not&gt; start</p>"
    assert told in page_of(board)
