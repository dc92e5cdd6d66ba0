"""Runs that shall have ended by some time."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from mlmon_shared.testing.polling import eventually
from mlmon_shared.wire.deadlines import DeadlineOutlook
from mlmon_shared.wire.runs import RunDocument
from mlmon_shared.wire.states import RunState
from tests.integration.scheduler.http.agents import FakeAgent
from tests.integration.scheduler.http.services import Services

pytestmark = pytest.mark.asyncio(loop_scope="session")


def in_minutes(minutes: float) -> str:
    return (datetime.now(UTC) + timedelta(minutes=minutes)).isoformat()


async def test_definition_says_the_next_time_of_day(services: Services):
    run = await services.submit("nightly")

    assert run.deadline is not None
    there = run.deadline.astimezone(ZoneInfo("Europe/London"))
    assert (there.hour, there.minute) == (6, 0)
    assert timedelta() < run.deadline - run.created_at <= timedelta(hours=25)
    assert run.deadline_outlook is not None


async def test_run_that_will_be_late_says_so_while_it_waits_and_in_history(
    services: Services, agent: FakeAgent
):
    run = await services.submit("nightly", deadline=in_minutes(9))

    async def late() -> RunDocument | None:
        found = await services.scheduler.get_run(run.id)
        return found if found.deadline_outlook is DeadlineOutlook.LATE else None

    waiting = await eventually(late)
    assert waiting.state == RunState.QUEUED
    found = await services.scheduler.explain_run(run.id)
    assert found.deadline is not None
    assert found.deadline.outlook is DeadlineOutlook.LATE
    assert "It will miss its deadline" in found.deadline.detail
    assert found.deadline.slack_seconds < 0
    await agent.report(await agent.start())
    await services.scheduler.wait_run(run.id)
    await services.forget_runs()
    ended = await services.scheduler.get_run(run.id)
    assert (ended.deadline, ended.deadline_outlook) == (run.deadline, DeadlineOutlook.LATE)


async def test_items_of_a_batch_have_times_of_their_own(services: Services):
    # Times are kept to the millisecond.
    deadline = datetime.fromisoformat(in_minutes(600)).replace(microsecond=0)
    batch = await services.submit_batch(
        [
            {"key": "later", "job": "echo", "client": "acme", "not_before": in_minutes(60)},
            {"key": "soon", "job": "echo", "client": "acme", "start_by": in_minutes(0.002)},
            {"key": "timed", "job": "echo", "client": "acme", "deadline": deadline.isoformat()},
        ]
    )

    later = await services.run_of(batch, "later")
    soon = await services.run_of(batch, "soon")
    timed = await services.run_of(batch, "timed")

    assert later.state == RunState.DELAYED
    assert timed.deadline == deadline
    assert (await services.scheduler.wait_run(soon.id)).state == RunState.EXPIRED


async def test_impossible_times_are_named(services: Services):
    answer = await services.ask(
        "POST",
        "/v1/batches",
        json={
            "items": [
                {
                    "key": "a",
                    "job": "echo",
                    "client": "acme",
                    "not_before": "2027-01-01T06:00:00Z",
                    "deadline": "2027-01-01T05:00:00Z",
                },
                {"key": "b", "job": "echo", "client": "acme", "start_by": "2027-01-01T06:00:00"},
            ]
        },
    )

    assert answer.status_code == 422
    assert {fault["pointer"]: fault["detail"] for fault in answer.json()["errors"]} == {
        "/items/0/deadline": "must lie after not_before",
        "/items/1/start_by": "say the offset too: 2026-01-05T12:00:00Z",
    }
