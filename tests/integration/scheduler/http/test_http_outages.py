"""What goes on, and what is said, while a dependency is away."""

import asyncio
import json

import httpx
import pytest

from mlmon_shared.errors import MlmonError, NotFoundError, ServiceUnavailableError
from mlmon_shared.testing.polling import eventually
from mlmon_shared.wire.runs import RunDocument
from mlmon_shared.wire.states import RunState
from tests.integration.scheduler.http.agents import FakeAgent
from tests.integration.scheduler.http.services import OwnServices, Services

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_known_jobs_go_on_without_config_api(own_services: OwnServices):
    services = own_services
    content = {"name": "kept", "image": "kept:1", "command": ["x"]}
    await services.config_api.apply_job_definition(json.dumps(content).encode())
    await services.submit("kept")
    await services.stop("config-api")

    run = await services.submit("echo")
    unknown = await services.ask("POST", "/v1/runs", json={"job": "ecko", "client": "acme"})
    agent = await services.agent()
    for _ in range(2):
        await agent.report(await agent.start())

    assert (await services.scheduler.wait_run(run.id)).state == RunState.SUCCEEDED
    assert unknown.status_code == 422
    ready = (await services.http.get(f"{services.url}/readyz")).json()
    assert ready == {"status": "ok", "dependencies": {"redis": "ok", "config-api": "ok"}}


async def test_restarted_scheduler_goes_on_from_its_copy_of_the_configuration(
    own_services: OwnServices,
):
    services = own_services
    await services.submit()
    await services.stop("scheduler")
    await services.stop("config-api")
    await services.start_scheduler()

    agent = await services.agent()
    started = await agent.start()

    assert started.spec.command == ["echo", "hello", "gold", "1"]
    assert (await services.submit()).state == RunState.QUEUED


async def test_full_store_takes_nothing_new_and_ends_what_it_has(
    services: Services, agent: FakeAgent
):
    run = await services.submit()
    await services.limit_memory(0.9)
    try:
        body = {"job": "echo", "client": "acme"}

        async def refused() -> httpx.Response | None:
            answer = await services.ask("POST", "/v1/runs", json=body)
            return answer if answer.status_code == 429 else None

        answer = await eventually(refused, within_seconds=10)
        batch = await services.ask("POST", "/v1/batches", json={"items": [{"key": "a", **body}]})
        rerun = await services.ask("POST", f"/v1/runs/{run.id}/rerun")
        await agent.report(await agent.start())
        ended = await services.scheduler.wait_run(run.id)
    finally:
        await services.limit_memory(0)

    assert answer.headers["Retry-After"] == "30"
    assert "% full; nothing new is taken" in answer.json()["detail"]
    assert (batch.status_code, rerun.status_code) == (429, 429)
    assert ended.state == RunState.SUCCEEDED

    async def taken() -> bool:
        return (await services.ask("POST", "/v1/runs", json=body)).status_code == 202

    await eventually(taken, within_seconds=10)


async def test_live_runs_batches_and_waits_are_served_without_report_writer(
    own_services: OwnServices,
):
    services = own_services
    agent = await services.agent()
    batch = await services.submit_batch([{"key": "a", "job": "echo", "client": "acme"}])
    await services.stop("report-writer")

    member = await services.run_of(batch, "a")
    waiting = asyncio.create_task(services.scheduler.wait_run(member.id, timeout_seconds=20))
    single = await services.submit(client="bolt")
    await agent.report(await agent.start())

    assert (await waiting).state == RunState.SUCCEEDED
    live = await services.scheduler.list_runs(state="queued")
    assert [run.id for run in live.items] == [single.id]
    assert [found.id for found in (await services.scheduler.list_batches()).items] == [batch.id]
    assert (await services.scheduler.get_batch(batch.id)).total == 1
    history = await services.ask("GET", "/v1/runs")
    assert history.status_code == 503
    assert history.headers["Content-Type"] == "application/problem+json"


async def test_what_happened_without_report_writer_is_in_history_once_it_is_back(
    own_services: OwnServices,
):
    services = own_services
    agent = await services.agent()
    await services.stop("report-writer")
    run = await services.submit()
    await agent.report(await agent.start())
    await services.start_report_writer()

    async def find() -> RunDocument | None:
        try:
            found = await services.history.get_run(run.id)
        except NotFoundError:
            return None
        return found if found.state is RunState.SUCCEEDED else None

    past = await eventually(find)

    assert past.attempts[0].state == "succeeded"


async def test_stopped_redis_is_answered_503_and_everything_goes_on_afterwards(
    own_services: OwnServices,
):
    services = own_services
    run = await services.submit()
    services.valkey.kill()

    body = {"job": "echo", "client": "acme"}
    refused = await services.ask("POST", "/v1/runs", json=body)
    ready = await services.http.get(f"{services.url}/readyz")

    assert refused.status_code == 503
    assert refused.headers["Retry-After"] == "2"
    assert refused.json()["type"] == "urn:mlmon:problem:store-unavailable"
    assert ready.status_code == 503
    assert ready.json()["dependencies"]["redis"] != "ok"

    await services.valkey.start_async()

    async def lease() -> str | None:
        try:
            agent = await services.agent()
            return (await agent.start()).grant.run_id
        except MlmonError:
            return None

    assert await eventually(lease, every_seconds=0.2) == run.id
    assert await eventually(lambda: services.is_ready("scheduler"))


async def test_agent_that_was_parked_while_redis_restarted_is_granted_work(
    own_services: OwnServices,
):
    services = own_services
    agent = await services.agent()
    poll = asyncio.create_task(agent.poll(seconds=20, seq=1))
    topic = f"agent:{agent.registered.agent_id}"
    await eventually(lambda: services.is_awaited(topic), describe="the poll is parked")
    services.valkey.kill()
    await services.valkey.start_async()
    run = await services.submit()
    try:
        (grant,) = (await poll).grants
    except ServiceUnavailableError:
        (grant,) = (await agent.poll(seconds=20, seq=1)).grants

    assert grant.run_id == run.id
