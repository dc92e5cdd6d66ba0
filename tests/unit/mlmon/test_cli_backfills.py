"""`mlmon backfills`."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from fastapi import FastAPI

from mlmon_shared.wire.backfills import (
    BackfillDocument,
    BackfillPage,
    BackfillPlan,
    BackfillRequest,
    BackfillState,
    SkippedRun,
)
from mlmon_shared.wire.schedules import Schedule
from mlmon_shared.wire.states import RunState

Mlmon = Callable[..., int]
Captured = pytest.CaptureFixture[str]
DAY = datetime(2026, 1, 5, tzinfo=UTC)
TIMES = ("--since", "2026-01-05T00:00:00Z", "--until", "2026-01-07T00:00:00Z")


@pytest.fixture(autouse=True)
def routes(api: FastAPI) -> list[BackfillRequest]:
    asked: list[BackfillRequest] = []
    plan = BackfillPlan(
        job="train", slots=2, first=DAY, last=DAY + timedelta(days=1), clients=3, runs=6,
        hours=1.5, measured_runs=40,
    )  # fmt: skip

    def document(state: BackfillState) -> BackfillDocument:
        request = BackfillRequest(job="train", since=DAY, until=DAY + timedelta(days=2))
        return BackfillDocument(
            id="b1", request=request, schedule=Schedule(cron="0 0 * * *"), plan=plan, state=state,
            slots_started=1, counts={RunState.QUEUED: 2, RunState.SUCCEEDED: 1}, created_at=DAY,
            submitted_by="sam", skipped_count=3,
            skipped=[SkippedRun(slot=DAY, client="acme", reason="no host is large enough")],
        )  # fmt: skip

    @api.post("/v1/backfills/plan")
    async def plan_backfill(request: BackfillRequest) -> BackfillPlan:
        asked.append(request)
        return plan

    @api.post("/v1/backfills", status_code=202)
    async def start_backfill(request: BackfillRequest) -> BackfillDocument:
        asked.append(request)
        return document(BackfillState.RUNNING)

    @api.get("/v1/backfills")
    async def list_backfills() -> BackfillPage:
        return BackfillPage(items=[document(BackfillState.PAUSED)])

    @api.get("/v1/backfills/b1")
    async def get_backfill() -> BackfillDocument:
        return document(BackfillState.RUNNING)

    @api.post("/v1/backfills/b1/{deed}")
    async def change_backfill(deed: str) -> BackfillDocument:
        states = {"pause": "paused", "resume": "running", "cancel": "cancelled"}
        return document(BackfillState(states[deed]))

    return asked


def test_plan_says_what_it_comes_to(mlmon: Mlmon, capsys: Captured) -> None:
    assert mlmon("backfills", "plan", "train", *TIMES) == 0

    assert capsys.readouterr().out == (
        "2 slots from 2026-01-05 00:00:00Z to 2026-01-06 00:00:00Z, 3 clients: 6 runs, 1.5 hours, "
        "as 40 runs took\n"
    )


def test_start_prints_the_id_alone(
    mlmon: Mlmon, capsys: Captured, routes: list[BackfillRequest]
) -> None:
    options = ("-c", "acme", "-c", "bolt", "--lane", "low", "--max-active", "7")
    assert mlmon("backfills", "start", "train", *TIMES, *options) == 0

    assert capsys.readouterr().out == "b1\n"
    (asked,) = routes
    assert asked.clients is not None
    assert (asked.clients.names, asked.lane, asked.max_active) == (["acme", "bolt"], "low", 7)


def test_get_names_what_was_not_started(mlmon: Mlmon, capsys: Captured) -> None:
    assert mlmon("backfills", "get", "b1") == 0

    told = capsys.readouterr().out
    assert "3 runs were not started, the last of them:" in told
    assert "  2026-01-05 00:00:00Z acme: no host is large enough" in told


def test_bad_time_is_named(mlmon: Mlmon, capsys: Captured) -> None:
    assert mlmon("backfills", "plan", "train", "--since", "x", "--until", "y") == 2

    assert "/since" in capsys.readouterr().err


def test_list_and_changes_say_the_state(mlmon: Mlmon, capsys: Captured) -> None:
    assert mlmon("backfills", "list") == 0
    row = capsys.readouterr().out.splitlines()[1].split()
    assert row[:5] == ["b1", "train", "paused", "1/2", "6"]

    for deed, state in (("pause", "paused"), ("resume", "running"), ("cancel", "cancelled")):
        assert mlmon("backfills", deed, "b1") == 0
        assert capsys.readouterr().out == f"backfill b1 is {state}\n"
