"""What people do to runs and hosts is in history, with who did it; what was refused is not."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from redis.asyncio import Redis

from mlmon_scheduler.adapters.redis.keys import key
from mlmon_shared.clients.report_writer import ReportWriterClient
from mlmon_shared.clients.scheduler import SchedulerClient
from mlmon_shared.errors import ConflictError, ForbiddenError, NotFoundError
from mlmon_shared.testing.polling import eventually
from mlmon_shared.wire.actions import Action, ActionDocument, ActionKind
from mlmon_shared.wire.backfills import BackfillRequest
from mlmon_shared.wire.catalog import TokenRequest
from mlmon_shared.wire.reruns import RerunOnly
from mlmon_shared.wire.states import BatchState, Scope
from tests.integration.scheduler.http.agents import FakeAgent
from tests.integration.scheduler.http.services import SERVICE, Services
from tests.integration.scheduler.http.test_http_batches import item

pytestmark = pytest.mark.asyncio(loop_scope="session")

_DAILY: dict[str, Any] = {
    "name": "audited-daily",
    "image": "daily:1",
    "command": ["true"],
    "schedule": {"cron": "0 3 * * *", "clients": {"names": ["acme"]}},
}


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def operator(shared_services: Services) -> SchedulerClient:
    request = TokenRequest(name="audited-operator", scopes=[Scope.OPERATOR])
    made = await shared_services.config_api.create_token(request)
    return SchedulerClient(shared_services.transport("scheduler", made.token))


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def acme_token(shared_services: Services) -> str:
    request = TokenRequest(name="audited-acme", scopes=[Scope.SUBMITTER], clients=["acme"])
    return (await shared_services.config_api.create_token(request)).token


@pytest_asyncio.fixture(loop_scope="session")
async def queue(services: Services) -> AsyncIterator[Redis]:
    async with Redis.from_url(services.redis_url, decode_responses=True) as redis:
        yield redis


@pytest_asyncio.fixture(loop_scope="session")
async def daily_revision(services: Services) -> AsyncIterator[int]:
    """Of the configuration that has a job with a schedule, which other tests do not want."""
    applied = await services.config_api.apply_job_definition(json.dumps(_DAILY).encode())
    yield applied.config_revision
    await services.config_api.archive_job_definition(_DAILY["name"])


async def actions_of(
    services: Services, kind: ActionKind, name: str, number: int
) -> list[ActionDocument]:
    """Return what was done to a thing, the first first, once history has so many."""

    async def look() -> list[ActionDocument] | None:
        items = (await services.history.list_actions(kind=kind, name=name)).items
        return items[::-1] if len(items) >= number else None

    found = await eventually(look)
    assert len(found) == number
    return found


async def has_become(services: Services, batch_id: str, state: BatchState) -> None:
    async def look() -> bool:
        return (await services.scheduler.get_batch(batch_id)).state is state

    await eventually(look, describe=f"the batch is {state}")


def told(found: list[ActionDocument]) -> list[tuple[str, Any, Any]]:
    return [(each.action, each.before, each.after) for each in found]


async def test_each_action_on_a_run_is_recorded_once_with_who_did_it(services: Services):
    run = await services.submit()
    await services.ask("POST", f"/v1/runs/{run.id}/hold", headers={"X-Request-Id": "asked-1"})
    await services.scheduler.hold_run(run.id)
    await services.scheduler.release_run(run.id)
    await services.scheduler.reprioritise_run(run.id, 700)
    await services.scheduler.cancel_run(run.id)
    await services.scheduler.cancel_run(run.id)
    again = (await services.scheduler.rerun_run(run.id)).run
    found = await actions_of(services, ActionKind.RUN, run.id, 5)

    assert again is not None
    assert told(found) == [
        (Action.HELD, {"state": "queued", "priority": 20}, {"is_held": True}),
        (Action.RELEASED, {"state": "held", "priority": 20}, {"is_held": False}),
        (Action.REPRIORITISED, {"state": "queued", "priority": 20}, {"priority": 700}),
        (Action.CANCELLED, {"state": "queued", "priority": 700}, {"state": "cancelled"}),
        (Action.RERUN, {"state": "cancelled", "priority": 700}, {"run": again.id}),
    ]
    assert {(each.by, each.client, each.job) for each in found} == {("submitter", "acme", "echo")}
    assert found[0].request_id == "asked-1"
    assert found[0].at < found[-1].at


async def test_actions_on_a_batch_are_recorded_with_the_counts_before(services: Services):
    batch = await services.submit_batch([item("a"), item("b")])
    await has_become(services, batch.id, BatchState.RUNNING)
    await services.scheduler.hold_batch(batch.id)
    await services.scheduler.reprioritise_batch(batch.id, 900)
    await services.scheduler.release_batch(batch.id)
    await services.scheduler.cancel_batch(batch.id)
    await has_become(services, batch.id, BatchState.FINISHED)
    again = await services.scheduler.rerun_batch(batch.id, only=RerunOnly.ALL)
    found = await actions_of(services, ActionKind.BATCH, batch.id, 5)

    def before(state: str, **counts: int) -> dict[str, object]:
        return {"state": state, "counts": counts}

    assert told(found) == [
        (Action.HELD, before("running", queued=2), {"is_held": True}),
        (Action.REPRIORITISED, before("running", held=2), {"priority": 900}),
        (Action.RELEASED, before("running", held=2), {"is_held": False}),
        (Action.CANCELLED, before("running", queued=2), {"is_cancelling": True}),
        (Action.RERUN, before("finished", cancelled=2), {"batch": again.id, "total": 2}),
    ]
    assert {(each.client, each.job) for each in found} == {("acme", "echo")}


async def test_what_operators_do_to_agents_and_breakers_is_recorded(
    services: Services, agent: FakeAgent, operator: SchedulerClient, queue: Redis
):
    agent_id = agent.registered.agent_id
    await operator.drain_agent(agent_id)
    await operator.undrain_agent(agent_id)
    await operator.release_agent(agent_id)
    await queue.hset(
        key("breaker", "echo", 1),
        mapping={"state": "open", "reason": "Bad.", "at": "1767614400000"},
    )
    await queue.sadd(key("breakers"), "echo:1")
    await operator.close_breaker("echo", 1)
    found = await actions_of(services, ActionKind.AGENT, agent_id, 3)
    (closed,) = await actions_of(services, ActionKind.BREAKER, "echo:1", 1)

    who = "audited-operator"
    assert told(found) == [
        (Action.DRAINED, {"drained_by": None}, {"drained_by": who}),
        (Action.UNDRAINED, {"drained_by": who}, {"drained_by": None}),
        (Action.RELEASED, {"quarantine_reason": None}, {"quarantine_reason": None}),
    ]
    assert closed.action is Action.BREAKER_CLOSED
    assert (closed.before, closed.after) == (
        {"state": "open", "reason": "Bad."},
        {"state": "closed"},
    )
    assert {(each.by, each.client) for each in [*found, closed]} == {(who, None)}


async def test_backfill_is_recorded_from_its_start_to_its_end(
    services: Services, daily_revision: int
):
    request = BackfillRequest.model_validate(
        {"job": "audited-daily", "since": "2026-01-01T00:00:00Z", "until": "2026-01-03T00:00:00Z"}
    )
    scheduler = services.scheduler
    scheduler.config_revision = daily_revision
    started = await scheduler.start_backfill(request)

    async def pause() -> bool:
        try:
            await scheduler.pause_backfill(started.id)
        except ConflictError:
            # A slot of it was being loaded.
            return False
        return True

    await eventually(pause)
    await scheduler.resume_backfill(started.id)
    await scheduler.cancel_backfill(started.id)
    found = await actions_of(services, ActionKind.BACKFILL, started.id, 4)

    assert told(found) == [
        (Action.BACKFILL_STARTED, None, {"state": "running", "slots": 2, "runs": 2}),
        (Action.PAUSED, {"state": "running"}, {"state": "paused"}),
        (Action.RESUMED, {"state": "paused"}, {"state": "running"}),
        (Action.CANCELLED, {"state": "running"}, {"state": "cancelled"}),
    ]
    assert {each.job for each in found} == {"audited-daily"}


async def test_refused_actions_leave_no_record(
    services: Services, agent: FakeAgent, operator: SchedulerClient, acme_token: str
):
    run = await services.submit()
    await agent.accept(await agent.lease())
    other = await services.submit(client="bolt")
    acme = SchedulerClient(services.transport("scheduler", acme_token))
    with pytest.raises(ConflictError):
        await services.scheduler.hold_run(run.id)
    with pytest.raises(ConflictError):
        await services.scheduler.rerun_run(run.id)
    with pytest.raises(NotFoundError):
        await services.scheduler.cancel_run("nothing")
    with pytest.raises(NotFoundError):
        await acme.cancel_run(other.id)
    with pytest.raises(ForbiddenError):
        await services.client("reader").cancel_run(run.id)
    with pytest.raises(ForbiddenError):
        await services.scheduler.drain_agent(agent.registered.agent_id)
    with pytest.raises(NotFoundError):
        await operator.drain_agent("nobody")
    with pytest.raises(NotFoundError):
        await operator.close_breaker("echo", 7)
    last = await services.submit()
    await services.scheduler.cancel_run(last.id)
    (recorded,) = await actions_of(services, ActionKind.RUN, last.id, 1)
    since = await services.history.list_actions(since=run.created_at)

    assert [each.id for each in since.items] == [recorded.id]


async def test_limited_token_sees_what_was_done_to_its_own_alone(
    services: Services, agent: FakeAgent, operator: SchedulerClient, acme_token: str
):
    own, other = await services.submit(client="acme"), await services.submit(client="bolt")
    await services.scheduler.cancel_run(own.id)
    await services.scheduler.cancel_run(other.id)
    await operator.drain_agent(agent.registered.agent_id)
    await actions_of(services, ActionKind.AGENT, agent.registered.agent_id, 1)
    acme = ReportWriterClient(services.transport("report-writer", acme_token))
    since = own.created_at
    whole = ReportWriterClient(services.transport("report-writer", SERVICE))
    seen = (await acme.list_actions(since=since)).items

    assert [each.name for each in seen] == [own.id]
    assert len((await whole.list_actions(since=since)).items) == 3
    assert (await acme.list_actions(name=other.id)).items == []
