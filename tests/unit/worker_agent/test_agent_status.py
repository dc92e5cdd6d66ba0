import json
from datetime import UTC, datetime, timedelta

import pytest

from mlmon_shared.errors import ServerUnreachableError
from mlmon_shared.wire.agent_protocol import Grant, Vector
from mlmon_worker_agent.adapters.status_pages import render_page
from mlmon_worker_agent.application.agent_status import LoopState, StatusBoard
from mlmon_worker_agent.application.held_attempts import HeldAttempts
from mlmon_worker_agent.application.update_agent import AgentUpdater
from mlmon_worker_agent.domain.attempts import StopKind, StopOrder
from mlmon_worker_agent.domain.gpus import Gpu

START = datetime(2026, 1, 5, tzinfo=UTC)


class Clock:
    """Each look is one second later than the last."""

    def __init__(self) -> None:
        self.now = START - timedelta(seconds=1)

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now


class ScriptedLoop:
    """Raises what it is told to, else is good."""

    name = "beat"
    period_seconds = 1.0

    def __init__(self, *errors: Exception | None) -> None:
        self._errors = list(errors)

    async def tick(self) -> bool:
        self.period_seconds += 1
        error = self._errors.pop(0)
        if error is not None:
            raise error
        return True


def board(*gpus: Gpu) -> StatusBoard:
    held = HeldAttempts(Vector(cpu_milli=4000, memory=100), gpus)
    updater = AgentUpdater(None, held, leave=lambda: None, monotonic=float, spread_seconds=0)
    return StatusBoard(host="<host>", version="1", held=held, updater=updater, clock=Clock())


async def test_a_good_tick_is_noted_and_passed_on():
    made = board()
    loop = made.watch(ScriptedLoop(None))
    record = loop.record
    states = [record.state]

    assert await loop.tick()

    states.append(record.state)
    assert states == [LoopState.STARTING, LoopState.WAITING]
    assert record.succeeded_at is not None
    assert loop.period_seconds == 2.0


async def test_failures_are_counted_until_a_good_tick():
    made = board()
    gone = ServerUnreachableError("no answer")
    loop = made.watch(ScriptedLoop(gone, gone, None))
    for _ in range(2):
        with pytest.raises(ServerUnreachableError):
            await loop.tick()
    record = loop.record
    assert (record.state, record.failures, record.failure) == (LoopState.FAILING, 2, "no answer")
    began, failed_at = record.since, record.failed_at
    assert failed_at is not None
    assert began < failed_at

    await loop.tick()

    assert (record.state, record.failures, record.failure) == (LoopState.WAITING, 0, "no answer")


async def test_what_nobody_foresaw_is_noted_without_its_text():
    loop = board().watch(ScriptedLoop(ValueError("token mlm_secret")))
    with pytest.raises(ValueError, match="mlm_secret"):
        await loop.tick()

    assert loop.record.state is LoopState.FAILING
    assert "mlm_secret" not in (loop.record.failure or "")


def test_attempts_are_shown_without_their_fence_and_escaped():
    made = board()
    grant = Grant(
        run_id="run-1",
        attempt=2,
        fence="7:1234567",
        resources=Vector(cpu_milli=1, memory=1),
        accept_by=START,
        stop_after_seconds=15,
        kill_grace_seconds=5,
    )
    held = made.held.add(grant)
    held.order_stop(StopOrder(StopKind.CANCEL, "asked", 5))
    document = made.describe().as_document()
    page = render_page(document)

    (attempt,) = document["attempts"]
    assert (attempt["run_id"], attempt["attempt"]) == ("run-1", 2)
    assert (attempt["phase"], attempt["stopping"]) == ("granted", "cancel")
    assert "1234567" not in json.dumps(document, default=str) + page
    assert "&lt;host&gt;" in page
    assert "<host>" not in page


def test_gpus_are_shown_with_who_has_them_and_why_nobody_has():
    made = board(*(Gpu(index, f"GPU-{index}", "NVIDIA L4", 2**34, "580") for index in range(2)))
    made.held.quarantine_gpu("GPU-0", "it is lost")
    made.held.add(
        Grant(
            run_id="run-1",
            attempt=1,
            fence="1:1",
            resources=Vector(gpus=1),
            accept_by=START,
            stop_after_seconds=15,
            kill_grace_seconds=5,
        )
    )
    document = made.describe().as_document()
    page = render_page(document)

    assert [(gpu["uuid"], gpu["run_id"], gpu["fault"]) for gpu in document["gpus"]] == [
        ("GPU-0", None, "it is lost"),
        ("GPU-1", "run-1", None),
    ]
    assert "it is lost" in page
