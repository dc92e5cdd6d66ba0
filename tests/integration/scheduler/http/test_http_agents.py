"""What operators see of agents and do about them, over HTTP."""

import pytest

from mlmon_shared.clients.scheduler import SchedulerClient
from mlmon_shared.errors import ForbiddenError, NotFoundError, UnauthenticatedError
from mlmon_shared.testing.polling import eventually
from mlmon_shared.wire.agent_releases import AgentRelease
from mlmon_shared.wire.explanations import HindranceKind
from mlmon_shared.wire.runs import RunDocument
from mlmon_shared.wire.states import Cause, RunState
from mlmon_worker_agent.adapters.server_probes import ask_time, try_token
from tests.integration.scheduler.http.agents import FakeAgent
from tests.integration.scheduler.http.services import ADMIN, Services

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.fixture
def operator(services: Services) -> SchedulerClient:
    return SchedulerClient(services.transport("scheduler", ADMIN))


async def test_operator_drains_and_undrains_an_agent(
    services: Services, agent: FakeAgent, operator: SchedulerClient
):
    drained = await operator.drain_agent(agent.registered.agent_id)
    run = await services.submit()
    assert (await agent.poll(seconds=0.1)).grants == []
    undrained = await operator.undrain_agent(agent.registered.agent_id)

    assert (drained.is_draining, drained.drained_by) == (True, "bootstrap-admin")
    assert not undrained.is_draining
    assert (await agent.lease()).run_id == run.id


async def test_refusal_is_shown_until_the_agent_takes_attempts_again(
    services: Services, agent: FakeAgent, operator: SchedulerClient
):
    async def shown() -> str | None:
        return (await operator.get_agent(agent.registered.agent_id)).refusal

    assert await shown() is None
    await agent.beat(refusal="The host's disk is 93 % full.")
    assert await shown() == "The host's disk is 93 % full."
    await agent.sync()
    assert await shown() == "The host's disk is 93 % full."

    await agent.beat()

    assert await shown() is None


async def test_fault_of_an_update_is_shown_until_the_agent_says_otherwise(
    agent: FakeAgent, operator: SchedulerClient
):
    async def shown() -> str | None:
        return (await operator.get_agent(agent.registered.agent_id)).update_fault

    await agent.beat(update_fault="2 does not start here: no Python")
    await agent.sync()
    assert await shown() == "2 does not start here: no Python"

    await agent.beat()

    assert await shown() is None


async def test_agents_hear_which_release_their_pool_names(services: Services, agent: FakeAgent):
    config_api = services.config_api
    assert (await agent.beat()).agent_release is None
    stored = await config_api.get_pool(agent.registered.pool)
    release = AgentRelease(version="2", url="https://files.example.com/a.pyz", sha256="ab" * 32)
    try:
        await config_api.put_pool(stored.as_written().model_copy(update={"agent_release": release}))

        async def heard() -> AgentRelease | None:
            return (await agent.beat()).agent_release

        assert await eventually(heard) == release
    finally:
        await config_api.put_pool(stored.as_written())


async def test_gpu_in_quarantine_is_shown_until_the_agent_says_otherwise(
    agent: FakeAgent, operator: SchedulerClient
):
    async def shown() -> dict[str, str]:
        return (await operator.get_agent(agent.registered.agent_id)).gpu_faults

    assert await shown() == {}
    await agent.beat(gpu_faults={"GPU-1": "it is lost"})
    assert await shown() == {"GPU-1": "it is lost"}
    # What an agent holds says nothing of its devices.
    await agent.sync()
    assert await shown() == {"GPU-1": "it is lost"}

    await agent.beat()

    assert await shown() == {}


async def test_quarantined_agent_is_shown_and_released_and_history_goes_on(
    services: Services, agent: FakeAgent, operator: SchedulerClient
):
    for job in ("echo", "retried", "train"):
        run = await services.submit(job=job)
        await agent.fail(await agent.start(), Cause.HOST)
        await services.scheduler.cancel_run(run.id)
    last = await services.submit()

    (shown,) = (await operator.list_agents()).items
    assert shown.quarantine_reason is not None
    assert "echo, retried, train" in shown.quarantine_reason
    assert (await agent.poll(seconds=0.1)).grants == []
    explanation = await services.scheduler.explain_run(last.id)
    assert [hindrance.kind for hindrance in explanation.hindrances] == [HindranceKind.AGENTS]
    assert "in quarantine" in explanation.summary

    released = await operator.release_agent(agent.registered.agent_id)
    assert released.quarantine_reason is None
    assert (await agent.lease()).run_id == last.id
    await services.scheduler.cancel_run(last.id)

    async def in_history() -> RunDocument | None:
        try:
            found = await services.history.get_run(last.id)
        except NotFoundError:
            return None
        return found if found.state is RunState.CANCELLED else None

    assert await eventually(in_history)


async def test_breakers_are_listed_for_readers_and_closed_by_operators(
    services: Services, operator: SchedulerClient
):
    assert (await services.client("reader").list_breakers()).items == []
    with pytest.raises(NotFoundError, match="the breaker of version 1 of echo is not open"):
        await services.client("reader").get_breaker("echo", 1)
    with pytest.raises(ForbiddenError):
        await services.scheduler.close_breaker("echo", 1)
    with pytest.raises(NotFoundError, match="the breaker of version 1 of echo is not open"):
        await operator.close_breaker("echo", 1)


async def test_only_operators_change_agents_and_only_those_that_exist(
    services: Services, agent: FakeAgent, operator: SchedulerClient
):
    for change in (
        services.scheduler.drain_agent,
        services.scheduler.undrain_agent,
        services.scheduler.release_agent,
    ):
        with pytest.raises(ForbiddenError):
            await change(agent.registered.agent_id)
    with pytest.raises(NotFoundError, match="no agent x is registered"):
        await operator.release_agent("x")


async def test_the_agent_s_doctor_tries_a_token_and_registers_nobody(
    services: Services, operator: SchedulerClient
):
    before = (await operator.list_agents()).items
    with pytest.raises(UnauthenticatedError):
        await try_token(services.url, "mlm_unknown")
    with pytest.raises(ForbiddenError):
        await try_token(services.url, services.tokens["submitter"])

    await try_token(services.url, services.tokens["agent-cpu"])

    assert len((await operator.list_agents()).items) == len(before)
    assert await ask_time(services.url) is not None
