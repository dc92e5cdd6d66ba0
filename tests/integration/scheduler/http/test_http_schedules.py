"""Jobs that run by themselves, with all services."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mlmon_shared.testing.polling import eventually
from mlmon_shared.wire.backfills import BackfillDocument, BackfillRequest
from mlmon_shared.wire.runs import RunDocument, RunSubmission
from mlmon_shared.wire.schedules import FiringDocument
from mlmon_shared.wire.states import RunState
from tests.integration.scheduler.http.services import OwnServices

pytestmark = pytest.mark.asyncio(loop_scope="session")

HOURLY: dict[str, Any] = {"cron": "0 * * * *", "timezone": "Asia/Tokyo"}


async def save(services: OwnServices, name: str, **fields: Any) -> None:
    content = {"name": name, "image": "i", "command": ["x", "{{ run.slot_date }}"], **fields}
    await services.config_api.apply_job_definition(json.dumps(content).encode())


async def fired(services: OwnServices, job: str) -> FiringDocument:
    async def find() -> FiringDocument | None:
        found = (await services.scheduler.list_firings(job=job)).items
        return found[0] if found else None

    return await eventually(find, within_seconds=20)


async def test_job_with_a_schedule_runs_for_its_clients(own_services: OwnServices):
    services = own_services
    await save(services, "hourly", schedule={**HOURLY, "clients": {"labels": {"tier": "gold"}}})
    await services.rewind_schedule("hourly", 3600)

    firing = await fired(services, "hourly")

    assert (firing.runs, firing.skipped_count) == (1, 0)
    assert firing.slot == datetime.now(UTC).replace(minute=0, second=0, microsecond=0)

    async def loaded() -> RunDocument | None:
        runs = (await services.scheduler.list_runs(batch=firing.batch)).items
        return runs[0] if runs else None

    run = await eventually(loaded)
    assert (run.client, run.slot, run.submitted_by) == ("acme", firing.slot, "schedule")
    agent = await services.agent()
    started = await agent.start()
    assert started.spec.environment["MLMON_SLOT"] == firing.slot.isoformat().replace("+00:00", "Z")
    assert started.spec.command[1] == started.spec.environment["MLMON_SLOT_DATE"]
    await agent.report(started)
    ended = await services.scheduler.wait_run(run.id)
    assert (ended.state, ended.slot) == (RunState.SUCCEEDED, firing.slot)
    await services.forget_runs()
    assert (await services.scheduler.get_run(run.id)).slot == firing.slot

    again = (await services.scheduler.rerun_run(run.id)).run
    assert again is not None
    assert (again.slot, again.slot_date) == (run.slot, run.slot_date)
    repeated = await agent.start()
    assert repeated.spec.command == started.spec.command


async def test_backfill_is_planned_runs_and_is_cancelled_as_one_thing(own_services: OwnServices):
    services = own_services
    await save(services, "hourly", schedule=HOURLY)
    day = datetime(2026, 1, 5, tzinfo=UTC)
    request = BackfillRequest(job="hourly", since=day, until=day + timedelta(hours=3), max_active=4)

    plan = await services.scheduler.plan_backfill(request)
    started = await services.scheduler.start_backfill(request, idempotency_key="once")
    again = await services.scheduler.start_backfill(request, idempotency_key="once")

    assert again.id == started.id
    assert (plan.slots, plan.clients, plan.runs) == (3, 3, 9)

    async def loaded() -> BackfillDocument | None:
        found = await services.scheduler.get_backfill(started.id)
        return found if found.counts.get(RunState.QUEUED) == 6 else None

    found = await eventually(loaded, within_seconds=20)
    assert (found.state, found.slots_started, found.submitted_by) == ("running", 2, "submitter")
    run = (await services.scheduler.list_runs(batch=found.batches[0])).items[0]
    assert run.lane == "backfill"
    assert run.slot is not None
    assert day <= run.slot < day + timedelta(hours=3)
    cancelled = await services.scheduler.cancel_backfill(started.id)
    assert (cancelled.state, cancelled.counts) == ("cancelled", {"cancelled": 6})
    assert [each.id for each in (await services.scheduler.list_backfills()).items] == [started.id]


async def test_paused_schedule_passes_its_slots_over(own_services: OwnServices):
    services = own_services
    await save(services, "paused", schedule=HOURLY)
    await save(services, "other", schedule=HOURLY)
    paused = await services.config_api.pause_schedule("paused", reason="why")
    scheduler = services.scheduler
    scheduler.config_revision = paused.config_revision
    # Whoever names the revision is answered by a scheduler that knows of the pause.
    await scheduler.submit_run(RunSubmission(job="echo", client="acme"))
    await services.rewind_schedule("paused", 3600)
    await services.rewind_schedule("other", 3600)

    assert (await fired(services, "other")).runs == 3

    assert (await services.scheduler.list_firings(job="paused")).items == []
