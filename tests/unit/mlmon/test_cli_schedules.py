"""`mlmon schedules`."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from fastapi import FastAPI

from mlmon_shared.errors import ForbiddenError
from mlmon_shared.wire.catalog import ApplyResult
from mlmon_shared.wire.schedules import (
    FiringDocument,
    FiringPage,
    PreviewDocument,
    PreviewRequest,
    Schedule,
    ScheduleDocument,
    SchedulePage,
    SlotTime,
)

Mlmon = Callable[..., int]
Captured = pytest.CaptureFixture[str]
AT = datetime(2026, 3, 29, 1, tzinfo=UTC)
SLOT = SlotTime(at=AT, local=AT.astimezone(ZoneInfo("Europe/London")))


@pytest.fixture(autouse=True)
def routes(api: FastAPI) -> None:
    schedule = Schedule(cron="0 2 * * *", timezone="Europe/London")
    document = ScheduleDocument(
        job="train", version=3, schedule=schedule, clients=12, next=[SLOT], is_paused=True
    )

    @api.get("/v1/schedules")
    async def list_schedules() -> SchedulePage:
        running = document.model_copy(update={"job": "score", "is_paused": False})
        return SchedulePage(items=[running, document])

    @api.get("/v1/schedules/train")
    async def get_schedule() -> ScheduleDocument:
        return document.model_copy(update={"pause_reason": "holidays"})

    @api.post("/v1/schedules/preview")
    async def preview_schedule(request: PreviewRequest) -> PreviewDocument:
        return PreviewDocument(slots=[SLOT] * request.count)

    @api.post("/v1/schedules/train/{deed}")
    async def change_schedule(deed: str) -> ApplyResult:
        return ApplyResult(kind="schedule", name=deed, change="changed", config_revision=1)

    @api.get("/v1/firings")
    async def list_firings(job: str) -> FiringPage:
        if api.state.sent == ["limited"]:
            raise ForbiddenError("the token is limited")
        firing = FiringDocument(
            job=job,
            slot=AT,
            fired_at=AT + timedelta(seconds=1),
            batch="b1",
            runs=11,
            skipped_count=1,
        )
        return FiringPage(items=[firing])


def lines(capsys: Captured) -> list[list[str]]:
    return [line.split() for line in capsys.readouterr().out.splitlines()]


def test_schedules_are_listed_with_their_next_slot(mlmon: Mlmon, capsys: Captured) -> None:
    assert mlmon("schedules", "list") == 0

    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert rows[1][-2:] == ["2026-03-29", "01:00:00Z"]
    assert (rows[2][0], rows[2][-1]) == ("train", "paused")


def test_schedule_is_shown_in_both_zones(mlmon: Mlmon, capsys: Captured) -> None:
    assert mlmon("schedules", "get", "train") == 0

    out = capsys.readouterr().out
    assert "train v3: 0 2 * * * in Europe/London, 12 clients, overlap: skip" in out
    assert "paused: holidays; these slots are passed over" in out
    assert "last slot: 2026-03-29 01:00:00Z, 11 runs, 1 skipped, batch b1" in out
    assert out.splitlines()[-1].split() == [
        "2026-03-29", "01:00:00Z", "Sun", "2026-03-29", "02:00", "+0100",
    ]  # fmt: skip


def test_schedule_is_shown_without_its_last_slot_to_who_may_not_see_it(
    mlmon: Mlmon, api: FastAPI, capsys: Captured
) -> None:
    api.state.sent = ["limited"]

    assert mlmon("schedules", "get", "train") == 0

    out = capsys.readouterr().out
    assert "last slot: not shown to a token that is limited" in out
    assert "2026-03-29" in out.splitlines()[-1]


def test_preview_shows_as_many_as_asked(mlmon: Mlmon, capsys: Captured) -> None:
    zone = ("--timezone", "Europe/London")
    assert mlmon("schedules", "preview", "0 2 * * *", *zone, "--count", "3") == 0
    assert len(lines(capsys)) == 4

    assert mlmon("schedules", "preview", "0 2 * * *", "--timezone", "Europe/Lundon") == 2
    assert "is not a time zone" in capsys.readouterr().err


def test_pause_and_resume_say_what_is_now(mlmon: Mlmon, capsys: Captured) -> None:
    assert mlmon("schedules", "pause", "train", "--reason", "holidays") == 0
    assert mlmon("schedules", "resume", "train") == 0

    assert capsys.readouterr().out == (
        "schedule of train is paused\nschedule of train is not paused\n"
    )


def test_firings_are_listed(mlmon: Mlmon, capsys: Captured) -> None:
    assert mlmon("schedules", "firings", "train") == 0

    assert lines(capsys)[1] == (
        ["train", "2026-03-29", "01:00:00Z", "2026-03-29", "01:00:01Z", "11", "1", "b1"]
    )
