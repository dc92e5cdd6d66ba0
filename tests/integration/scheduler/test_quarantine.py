"""Hosts that fail one job after the other, and agents that an operator drains."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from mlmon_scheduler.adapters.redis.keys import key
from mlmon_scheduler.adapters.redis.scripts import Scripts
from mlmon_scheduler.application.manage_agents import AgentManager
from mlmon_shared.errors import NotFoundError
from mlmon_shared.principals import Principal
from mlmon_shared.wire.agents import AgentDocument
from mlmon_shared.wire.states import Cause
from tests.integration.scheduler.completing import Completing
from tests.integration.scheduler.conftest import Queue
from tests.integration.scheduler.recording import recorder

OPERATOR = Principal(token_id="token", name="olga", scopes=frozenset())


@pytest.fixture
def completing(queue: Queue, tmp_path: Path) -> Completing:
    return Completing(queue, tmp_path)


@pytest.fixture
def manager(queue: Queue) -> AgentManager:
    scripts = Scripts(queue.redis, now_ms=queue.clock.now_ms)
    return AgentManager(queue.leases, queue.runs, recorder(scripts, queue.runs))


async def shown(manager: AgentManager, agent_id: str = "agent") -> AgentDocument:
    return next(agent for agent in await manager.list_agents() if agent.id == agent_id)


async def agent_events(queue: Queue) -> list[Mapping[str, str]]:
    return await queue.events("agent")


async def test_agent_whose_host_failed_three_jobs_gets_nothing_and_keeps_what_it_runs(
    queue: Queue, completing: Completing, manager: AgentManager
):
    await queue.add_agent(slots=4)
    await queue.add("long")
    long = await queue.start()
    for job in ("a", "b", "c"):
        await completing.fail_job_on("agent", job)
    await queue.add("next")

    assert await queue.lease(maximum=16) == []
    agent = await shown(manager)
    assert agent.quarantine_reason == (
        "3 different jobs failed here within 10 minutes for causes that are not theirs: a, b, c. "
        "The last: Broken."
    )
    assert agent.quarantined_at == queue.clock.now()
    assert agent.held == ["long.1"]
    assert await queue.end(long) == "succeeded"
    (event,) = await agent_events(queue)
    assert (event["id"], event["state"], event["host"]) == ("agent", "quarantined", "agent")
    assert event["reason"] == agent.quarantine_reason


async def test_released_agent_gets_work_with_a_fresh_count(
    queue: Queue, completing: Completing, manager: AgentManager
):
    await queue.add_agent()
    for job in ("a", "b", "c"):
        await completing.fail_job_on("agent", job)

    agent = await manager.release_agent("agent", OPERATOR)
    again = await manager.release_agent("agent", OPERATOR)

    assert (agent.quarantine_reason, agent.quarantined_at) == (None, None)
    assert again == agent
    assert [event["state"] for event in await agent_events(queue)] == ["quarantined", "released"]
    for job in ("a", "b"):
        await completing.fail_job_on("agent", job)
    assert (await shown(manager)).quarantine_reason is None


async def test_failures_count_by_job_and_for_ten_minutes(
    queue: Queue, completing: Completing, manager: AgentManager
):
    await queue.add_agent()
    for job in ("a", "a", "a", "b"):
        await completing.fail_job_on("agent", job)
    queue.clock.advance(601)
    for job in ("c", "d"):
        await completing.fail_job_on("agent", job)

    assert (await shown(manager)).quarantine_reason is None


async def test_failures_of_commands_and_losses_do_not_speak_against_a_host(
    queue: Queue, completing: Completing, manager: AgentManager
):
    await queue.add_agent(slots=3)
    for job in ("a", "b", "c"):
        await completing.fail_job_on("agent", job, Cause.USER_ERROR)
    for job in ("d", "e", "f"):
        await queue.add(job, job=job)
        await queue.start()
    await completing.completer.lose_attempts("agent", reason="Restarted.", is_proven=True)

    assert (await shown(manager)).quarantine_reason is None


async def fail_three_jobs_on(completing: Completing, agent: str) -> None:
    for job in ("a", "b", "c"):
        await completing.fail_job_on(agent, job)


async def list_quarantined(manager: AgentManager) -> list[str]:
    return sorted(
        agent.id for agent in await manager.list_agents() if agent.quarantine_reason is not None
    )


async def test_what_fails_on_many_hosts_at_once_is_no_hosts_fault(
    queue: Queue, completing: Completing, manager: AgentManager
):
    for agent in ("one", "two", "three", "four"):
        await queue.add_agent(agent)
    for job in ("a", "b"):
        for agent in ("one", "two", "three", "four"):
            await completing.fail_job_on(agent, job)
    for agent in ("one", "two", "three", "four"):
        await completing.fail_job_on(agent, "c")

    assert await list_quarantined(manager) == []


async def test_at_most_half_of_the_agents_are_quarantined(
    queue: Queue, completing: Completing, manager: AgentManager
):
    for agent in ("four", "one", "three", "two"):
        await queue.add_agent(agent)
    for agent in ("four", "one", "three", "two"):
        await fail_three_jobs_on(completing, agent)
        queue.clock.advance(601)

    assert await list_quarantined(manager) == ["four", "one"]


async def test_quarantine_outlives_a_restart_of_the_agent_and_not_its_leaving(
    queue: Queue, completing: Completing, manager: AgentManager
):
    await queue.add_agent()
    for job in ("a", "b", "c"):
        await completing.fail_job_on("agent", job)
    await queue.add_agent()
    assert (await shown(manager)).quarantine_reason is not None

    await queue.leases.forget_deadline("agent", is_leaving=True)
    await queue.add_agent()

    assert (await shown(manager)).quarantine_reason is None
    assert await queue.redis.exists(key("quarantined")) == 0


async def test_drained_agent_gets_nothing_over_a_restart_until_it_is_undrained(
    queue: Queue, manager: AgentManager
):
    await queue.add_agent()
    await queue.add("run")

    drained = await manager.drain_agent("agent", OPERATOR)
    assert (drained.is_draining, drained.drained_by) == (True, "olga")
    await queue.add_agent()
    queue.poll_seqs.clear()
    assert await queue.lease() == []

    undrained = await manager.undrain_agent("agent", OPERATOR)
    assert (undrained.is_draining, undrained.drained_by) == (False, None)
    (granted,) = await queue.lease()
    assert granted.run_id == "run"
    assert [event["state"] for event in await agent_events(queue)] == ["draining", "serving"]


async def test_repeated_drain_is_one_event(queue: Queue, manager: AgentManager):
    await queue.add_agent()
    for _ in range(2):
        await manager.drain_agent("agent", OPERATOR)

    assert len(await agent_events(queue)) == 1


async def test_unknown_agents_are_not_found(manager: AgentManager):
    for call in (
        manager.drain_agent("x", OPERATOR),
        manager.undrain_agent("x", OPERATOR),
        manager.release_agent("x", OPERATOR),
    ):
        with pytest.raises(NotFoundError, match="no agent x is registered"):
            await call
