"""Beats, restarts and losses of agents."""

import pytest

from mlmon_shared.errors import ConflictError, UnauthenticatedError
from mlmon_shared.testing.polling import eventually
from mlmon_shared.wire.pools import Scaling
from mlmon_shared.wire.runs import RunDocument, Usage
from mlmon_shared.wire.states import AttemptState, RunState
from tests.integration.scheduler.http.agents import FakeAgent, held, result_of
from tests.integration.scheduler.http.services import OwnServices, Services
from tests.integration.scheduler.http.waiting import parked

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_beat_shows_phase_progress_and_usage(services: Services, agent: FakeAgent):
    run = await services.submit()
    started = await agent.start()
    usage = Usage(peak_memory=2**20, cpu_seconds=1.5)
    answer = await agent.beat(held(started, progress=0.25, usage=usage))

    assert answer.directives == []
    assert answer.epoch == 1
    shown = await services.scheduler.get_run(run.id)
    assert (shown.progress, shown.attempts[0].state) == (0.25, "running")
    assert shown.attempts[0].usage == usage


async def test_beat_about_an_ended_lease_is_answered_with_kill(
    services: Services, agent: FakeAgent
):
    await services.submit()
    started = await agent.start()
    await agent.report(started)

    (order,) = (await agent.beat(held(started))).directives

    assert (order.kind, order.run_id) == ("kill", started.grant.run_id)


async def test_beat_and_poll_of_an_ended_session_are_unauthenticated(services: Services):
    before = await services.agent(agent_id="the-same")
    await services.agent(agent_id="the-same")

    with pytest.raises(UnauthenticatedError):
        await before.beat()
    with pytest.raises(UnauthenticatedError):
        await before.poll()


async def test_pool_takes_no_more_hosts_than_it_says(own_services: OwnServices):
    services = own_services
    pool = (await services.config_api.get_pool("cpu")).model_copy(
        update={"scaling": Scaling(max_hosts=1)}
    )
    first = await services.agent(agent_id="first")
    await services.config_api.put_pool(pool)

    async def is_refused() -> bool:
        try:
            await services.agent(agent_id="second")
        except ConflictError:
            return True
        return False

    await eventually(is_refused, describe="the limit is applied")
    with pytest.raises(ConflictError, match="pool cpu takes 1 hosts, and has them"):
        await services.agent(agent_id="third")
    assert (await first.beat()).directives == []


async def test_agents_offer_the_labels_of_their_pool_and_of_its_changes(
    own_services: OwnServices,
):
    services = own_services
    pool = await services.config_api.get_pool("cpu")
    await services.config_api.put_pool(pool.model_copy(update={"labels": {"zone": "a"}}))
    agent_id = (await services.agent(agent_id="first")).registered.agent_id

    async def has(labels: dict[str, str]) -> bool:
        return (await services.scheduler.get_agent(agent_id)).labels == labels

    async def has_at_first() -> bool:
        return await has({"zone": "a"})

    async def has_afterwards() -> bool:
        return await has({"zone": "b", "rack": "7"})

    await eventually(has_at_first, describe="the pool's labels are the agent's")
    changed = pool.model_copy(update={"labels": {"zone": "b", "rack": "7"}})
    await services.config_api.put_pool(changed)

    await eventually(has_afterwards, describe="the pool's new labels are the agent's")


async def test_new_session_ends_the_parked_poll_of_the_one_before(services: Services):
    before = await services.agent(agent_id="the-same")
    poll = await parked(services, before)
    await services.agent(agent_id="the-same")
    await services.submit()

    with pytest.raises(UnauthenticatedError):
        await poll


async def test_draining_agent_is_granted_nothing(services: Services, agent: FakeAgent):
    await agent.client.drain(agent.registered.session)
    await services.submit()

    assert (await agent.poll(seconds=0)).grants == []
    (shown,) = (await services.scheduler.list_agents()).items
    assert shown.is_draining


async def test_agent_that_leaves_loses_what_it_held_at_once(services: Services, agent: FakeAgent):
    run = await services.submit()
    await agent.start()
    await agent.client.deregister(agent.registered.session)

    lost = await services.scheduler.get_run(run.id)

    assert (lost.state, lost.attempts[0].state) == ("delayed", "lost")
    assert lost.reason == "The agent left while it held the attempt."
    assert (await services.scheduler.list_agents()).items == []
    with pytest.raises(UnauthenticatedError):
        await agent.beat()


async def test_sync_of_a_restarted_agent_reports_results_and_loses_the_rest(services: Services):
    agent = await services.agent(agent_id="host")
    runs = [(await services.submit()).id for _ in range(3)]
    kept, ended, _ = [await agent.start() for _ in runs]
    await agent.register(agent_id="host")

    answer = await agent.sync(held(kept), results=[result_of(ended)])

    assert [item.status for item in answer.answers] == ["accepted"]
    assert answer.directives == []
    found = [await services.scheduler.get_run(run) for run in runs]
    assert [run.state for run in found] == ["running", "succeeded", "delayed"]
    assert found[2].attempts[0].state == AttemptState.LOST
    assert found[2].reason == "The agent was restarted and no longer had the attempt."


async def test_rebooted_host_has_lost_its_attempts_at_once(services: Services):
    agent = await services.agent(agent_id="host", boot_id="first")
    run = await services.submit()
    await agent.start()

    await agent.register(agent_id="host", boot_id="second")

    lost = await services.scheduler.get_run(run.id)
    assert (lost.state, lost.attempts[0].state) == ("delayed", "lost")
    assert lost.reason == "The host was restarted."


async def test_restarted_agent_process_keeps_its_attempts(services: Services):
    agent = await services.agent(agent_id="host")
    run = await services.submit()
    started = await agent.start()

    await agent.register(agent_id="host")

    assert (await agent.report(started)).run_state == RunState.SUCCEEDED
    assert (await services.scheduler.get_run(run.id)).state == RunState.SUCCEEDED


async def test_silent_agent_loses_its_attempts_after_its_deadline_and_they_are_retried(
    services: Services,
):
    silent, other = await services.agent("brief"), await services.agent("brief")
    run = await services.submit("brief")
    started = await silent.start()

    async def beaten_and_lost() -> RunDocument | None:
        await other.beat()
        found = await services.scheduler.get_run(run.id)
        return found if found.attempts[0].state is AttemptState.LOST else None

    lost = await eventually(beaten_and_lost, every_seconds=0.2, within_seconds=15)
    assert lost.reason == "The agent was not heard of for too long."
    assert (await silent.report(started)).status == "stale-fence"
    retried = await eventually(
        lambda: next_start(other), every_seconds=0.2, describe="the run is granted again"
    )
    assert (retried.grant.run_id, retried.grant.attempt) == (run.id, 2)

    await services.submit("brief")
    assert (await silent.poll(seconds=0)).grants == []
    await silent.beat()
    assert len((await silent.poll(seconds=0)).grants) == 1


async def next_start(agent: FakeAgent):
    await agent.beat()
    grants = (await agent.poll(seconds=0.1)).grants
    return await agent.accept(grants[0]) if grants else None


async def test_unknown_fields_are_ignored(services: Services, agent: FakeAgent):
    body = {"session": agent.registered.session, "held": [], "invented": {"later": True}}
    response = await services.ask(
        "POST", "/agent/v1/beat", token=None, headers=agent.headers, json=body
    )

    assert response.status_code == 200
