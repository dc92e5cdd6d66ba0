"""Reading runs: waits, listings, and the same document from Redis and from history."""

import asyncio
import time
from typing import Any

import pytest

from mlmon_shared.testing.polling import eventually
from mlmon_shared.wire.runs import RunDocument, Usage
from mlmon_shared.wire.states import AttemptState, RunState
from tests.integration.scheduler.http.agents import FakeAgent, held
from tests.integration.scheduler.http.services import Services

IMAGE = f"registry.example.com/scores@sha256:{'0' * 64}"
pytestmark = pytest.mark.asyncio(loop_scope="session")


async def durable(services: Services, run_id: str) -> RunDocument:
    async def find() -> RunDocument | None:
        run = await services.scheduler.get_run(run_id)
        return run if run.is_durable else None

    return await eventually(find, describe="the run is in history")


async def test_wait_returns_as_soon_as_the_run_is_final(services: Services, agent: FakeAgent):
    run = await services.submit()
    waiting = asyncio.create_task(services.scheduler.wait_run(run.id, timeout_seconds=30))
    started = await agent.start()
    await eventually(lambda: services.is_awaited(f"run:{run.id}"))
    reported = time.monotonic()
    await agent.report(started)

    assert (await waiting).state == RunState.SUCCEEDED
    assert time.monotonic() - reported < 1.0


async def test_wait_returns_the_run_as_it_is_when_the_time_is_up(services: Services):
    run = await services.submit()
    asked = time.monotonic()

    waited = await services.scheduler.wait_run(run.id, timeout_seconds=0.2)

    assert waited.state == RunState.QUEUED
    assert 0.15 < time.monotonic() - asked < 2.0


async def test_runs_are_listed_by_state_job_client_and_batch(services: Services, agent: FakeAgent):
    done = await services.submit()
    await agent.report(await agent.start())
    waiting = await services.submit(client="bolt")
    trained = await services.submit("train")
    batch = await services.submit_batch([{"key": "a", "job": "echo", "client": "coda"}])
    member = await services.run_of(batch, "a")
    await eventually(lambda: in_history(services, done.id))
    await eventually(lambda: in_history(services, member.id))

    async def ids(**wanted: Any) -> set[str]:
        return {run.id for run in (await services.scheduler.list_runs(**wanted)).items}

    assert await ids(state="queued") == {waiting.id, trained.id, member.id}
    assert await ids(state="succeeded") == {done.id}
    assert await ids(job="train") == {trained.id}
    assert await ids(client="bolt") == {waiting.id}
    assert await ids(batch=batch.id) == {member.id}
    assert await ids(job="echo", client="acme", state="queued") == set()
    assert await ids() == {done.id, waiting.id, trained.id, member.id}


async def in_history(services: Services, run_id: str) -> bool:
    return run_id in {run.id for run in (await services.history.list_runs(limit=200)).items}


async def test_pages_merge_live_and_final_runs_newest_first_without_repeats(
    services: Services, agent: FakeAgent
):
    ids = []
    for number in range(9):
        run = await services.submit()
        ids.append(run.id)
        if number % 2:
            await agent.report(await agent.start())
    await eventually(lambda: in_history(services, ids[-1]))

    seen, cursor = [], None
    while True:
        page = await services.scheduler.list_runs(limit=2, cursor=cursor)
        seen += page.items
        cursor = page.next_cursor
        if cursor is None:
            break

    assert [run.id for run in seen] == list(reversed(ids))
    assert sorted(run.state for run in seen) == ["queued"] * 5 + ["succeeded"] * 4


async def test_live_runs_page_by_cursor(services: Services):
    ids = [(await services.submit()).id for _ in range(5)]

    first = await services.scheduler.list_runs(state="queued", limit=3)
    rest = await services.scheduler.list_runs(state="queued", limit=3, cursor=first.next_cursor)

    assert [run.id for run in first.items + rest.items] == list(reversed(ids))


async def test_final_run_is_the_same_document_in_history_as_in_redis(
    services: Services, agent: FakeAgent
):
    run = await services.submit("retried", labels={"a": "b"})
    first = await agent.start()
    usage = Usage(peak_memory=2**20, cpu_seconds=0.5)
    await agent.beat(held(first, progress=0.5, usage=usage))
    await agent.fail(first, exit_code=75)
    second = await agent.start()
    await agent.beat(held(second, progress=0.75))
    await agent.report(
        second, phases={"prepare": 0.1, "run": 1.5}, usage=usage, metrics={"auc": 0.9}
    )

    live = await durable(services, run.id)
    past = await services.history.get_run(run.id)

    assert past == live
    assert live.state == RunState.SUCCEEDED
    assert [attempt.progress for attempt in live.attempts] == [0.5, 0.75]


async def test_lost_attempt_is_the_same_document_in_history_as_in_redis(services: Services):
    agent = await services.agent(agent_id="host", boot_id="first")
    run = await services.submit()
    started = await agent.start()
    usage = Usage(peak_memory=7, cpu_seconds=1.0)
    told = held(started, progress=0.5, usage=usage, detail="copying", image=IMAGE)
    await agent.beat(told)
    seen = (await services.scheduler.get_run(run.id)).attempts[0]
    assert (seen.detail, seen.image) == ("copying", IMAGE)
    await agent.register(agent_id="host", boot_id="second")
    await services.scheduler.cancel_run(run.id)

    live = await durable(services, run.id)
    past = await services.history.get_run(run.id)

    assert past == live
    assert (live.state, live.attempts[0].state) == (RunState.CANCELLED, AttemptState.LOST)
    assert live.attempts[0].usage.peak_memory == 7
    assert (live.attempts[0].detail, live.attempts[0].image) == (None, IMAGE)


async def test_skipped_run_is_the_same_document_in_history_as_in_redis(
    services: Services, agent: FakeAgent
):
    parent = await services.submit()
    child = await services.submit(depends_on=[{"run": parent.id}])
    await agent.fail(await agent.start())
    await services.scheduler.wait_run(child.id, timeout_seconds=10)

    live = await durable(services, child.id)

    assert await services.history.get_run(child.id) == live


async def test_forgotten_run_is_read_from_history(services: Services, agent: FakeAgent):
    run = await services.submit()
    await agent.report(await agent.start())
    live = await durable(services, run.id)

    await services.forget_runs()

    assert await services.scheduler.get_run(run.id) == live
    assert await services.scheduler.wait_run(run.id) == live
