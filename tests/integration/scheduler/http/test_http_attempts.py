"""The agent protocol from grant to result."""

import asyncio
import time

import httpx
import pytest

from mlmon_shared.errors import (
    InvalidRequestError,
    StaleFenceError,
)
from mlmon_shared.testing.polling import eventually
from mlmon_shared.wire.accepting import Accepts, GrantRef
from mlmon_shared.wire.agent_protocol import Grant, Poll, Result, Results, Vector
from mlmon_shared.wire.job_definitions import ContainerOptions
from mlmon_shared.wire.states import AttemptState, Cause, RunState
from tests.integration.scheduler.http.agents import HUGE, FakeAgent, result_of
from tests.integration.scheduler.http.services import Services
from tests.integration.scheduler.http.test_http_batches import item
from tests.integration.scheduler.http.waiting import in_state, parked

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_registration_tells_the_pool_of_the_token_and_its_limits(services: Services):
    agent = await services.agent("brief")

    assert agent.registered.pool == "brief"
    assert (agent.registered.stop_after_seconds, agent.registered.kill_grace_seconds) == (2, 0)
    assert agent.registered.beat_interval_seconds <= 0.5
    (shown,) = (await services.client("reader").list_agents()).items
    assert (shown.id, shown.pool, shown.is_alive) == (agent.registered.agent_id, "brief", True)


async def test_submission_wakes_a_parked_poll_at_once(services: Services, agent: FakeAgent):
    poll = await parked(services, agent)
    started = time.monotonic()
    run = await services.submit()

    (grant,) = (await poll).grants

    assert grant.run_id == run.id
    assert time.monotonic() - started < 1.0


async def test_several_grants_are_accepted_at_once(services: Services, agent: FakeAgent):
    await services.submit_batch([item(str(number)) for number in range(3)])
    grants = await leased(agent, 3)
    wanted = [GrantRef(**grant.model_dump(include=set(GrantRef.model_fields))) for grant in grants]
    wanted[1] = wanted[1].model_copy(update={"fence": "1.0"})
    accepts = Accepts(session=agent.registered.session, grants=wanted)

    answers = (await agent.client.accept_all(accepts)).answers

    assert [answer.status for answer in answers] == ["accepted", "stale-fence", "accepted"]
    assert [answer.run_id for answer in answers] == [grant.run_id for grant in grants]
    assert answers[0].spec is not None
    assert answers[0].spec == (await agent.accept(grants[0])).spec
    states = [(await services.scheduler.get_run(grant.run_id)).state for grant in grants]
    assert states == [RunState.RUNNING, RunState.LEASED, RunState.RUNNING]


async def test_results_of_several_runs_are_answered_in_their_order(
    services: Services, agent: FakeAgent
):
    await services.submit_batch([item(str(number)) for number in range(3)])
    started = [await agent.accept(grant) for grant in await leased(agent, 3)]
    results = [result_of(each) for each in [*started, started[0]]]
    results[1] = results[1].model_copy(update={"fence": "1.0"})
    sent = Results(session=agent.registered.session, results=results)

    answers = (await agent.client.send_results(sent)).answers

    assert [answer.run_id for answer in answers] == [result.run_id for result in results]
    statuses = ["accepted", "stale-fence", "accepted", "accepted"]
    assert [answer.status for answer in answers] == statuses
    assert answers[3].position == answers[0].position


async def leased(agent: FakeAgent, count: int) -> list[Grant]:
    grants: list[Grant] = []
    while len(grants) < count:
        grants += (await agent.poll(maximum=count - len(grants))).grants
    return grants


async def test_poll_returns_empty_when_its_time_is_up(agent: FakeAgent):
    assert await agent.poll(seconds=0.1) == await agent.poll(seconds=0)


async def test_disconnected_poll_is_granted_nothing(services: Services, agent: FakeAgent):
    poll = Poll(
        session=agent.registered.session, poll_seq=1, free=HUGE, maximum=1, timeout_seconds=20
    )
    async with httpx.AsyncClient(trust_env=False) as leaving:
        asking = asyncio.create_task(
            leaving.post(
                f"{services.url}/agent/v1/poll",
                content=poll.model_dump_json(),
                headers={**agent.headers, "Content-Type": "application/json"},
            )
        )
        topic = f"agent:{agent.registered.agent_id}"
        await eventually(lambda: services.is_awaited(topic))
        asking.cancel()
        await asyncio.wait([asking])
    await eventually(lambda: not services.is_awaited(topic), describe="the poll has ended")

    run = await services.submit()

    assert (await services.scheduler.wait_run(run.id, timeout_seconds=0.3)).state == "queued"


async def test_same_poll_number_returns_the_same_grants(services: Services, agent: FakeAgent):
    for _ in range(3):
        await services.submit()
    first = await agent.poll(maximum=2, seq=1)
    again = await agent.poll(maximum=2, seq=1)

    fences = [[grant.fence for grant in answer.grants] for answer in (first, again)]
    assert len(fences[0]) == 2
    assert fences[0] == fences[1]


async def test_same_poll_number_is_answered_at_once_when_its_grants_have_ended(
    services: Services, agent: FakeAgent
):
    run = await services.submit()
    assert len((await agent.poll(seq=1)).grants) == 1
    await services.scheduler.cancel_run(run.id)
    later = await services.submit()

    # Parked under the number of the answer that it lost, the agent would wait its time out.
    async with asyncio.timeout(15):
        assert (await agent.poll(seq=1, seconds=25)).grants == []
    assert [each.run_id for each in (await agent.poll(seq=2)).grants] == [later.id]


async def test_grants_fit_into_what_the_host_has(services: Services):
    small = await services.agent(capacity=Vector(cpu_milli=2500, memory=2**40))
    for _ in range(4):
        await services.submit()

    assert len((await small.poll(maximum=16)).grants) == 2


async def test_accepting_twice_returns_the_same_spec(services: Services, agent: FakeAgent):
    run = await services.submit(params={"word": "to & back", "month": 5})
    grant = await agent.lease()
    first = await agent.accept(grant)
    again = await agent.accept(grant)

    assert first.spec == again.spec
    assert first.spec.command == ["echo", "to & back", "gold", "1"]
    assert first.spec.environment == {"CLIENT": "acme"}
    assert first.spec.params == {"word": "to & back", "month": 5}
    assert (await services.scheduler.get_run(run.id)).state == RunState.RUNNING


async def test_spec_says_the_network_of_the_pool_and_the_options_of_the_container(
    services: Services, agent: FakeAgent
):
    await services.submit()
    await services.submit("brief")
    other = await services.agent("brief")
    usual, special = [(await each.accept(await each.lease())).spec for each in (agent, other)]

    assert (usual.network, special.network) == ("none", "host")
    assert usual.container == ContainerOptions()
    assert special.container == ContainerOptions(read_only=False, tmp=2**20)


async def test_grant_of_a_cancelled_run_cannot_be_accepted(services: Services, agent: FakeAgent):
    run = await services.submit()
    grant = await agent.lease()
    assert (await services.scheduler.cancel_run(run.id)).state == RunState.CANCELLED

    with pytest.raises(StaleFenceError):
        await agent.accept(grant)


async def test_another_agent_cannot_accept_the_grant(services: Services, agent: FakeAgent):
    await services.submit()
    grant = await agent.lease()
    other = await services.agent()

    with pytest.raises(StaleFenceError):
        await other.accept(grant)


async def test_success_is_recorded_once_however_often_it_is_sent(
    services: Services, agent: FakeAgent
):
    run = await services.submit()
    started = await agent.start()
    result = result_of(started, metrics={"auc": 0.9})

    answers = [await agent.send(result) for _ in range(3)]

    assert answers[0] == answers[1] == answers[2]
    assert (answers[0].status, answers[0].run_state) == ("accepted", "succeeded")
    ended = await services.scheduler.get_run(run.id)
    assert (ended.state, ended.metrics, ended.exit_code) == ("succeeded", {"auc": 0.9}, 0)
    assert len(ended.attempts) == 1


async def test_failure_is_recorded_with_its_cause(services: Services, agent: FakeAgent):
    run = await services.submit()
    await agent.fail(await agent.start(), exit_code=3)

    ended = await services.scheduler.wait_run(run.id)

    assert (ended.state, ended.cause, ended.exit_code) == ("failed", "user_error", 3)
    assert ended.reason == "It broke."


async def test_rule_by_exit_code_tries_again(services: Services, agent: FakeAgent):
    run = await services.submit("retried")
    await agent.fail(await agent.start(), exit_code=75)

    second = await agent.start()

    assert (second.grant.run_id, second.grant.attempt) == (run.id, 2)
    assert second.grant.fence != (await services.scheduler.get_run(run.id)).attempts[0].fence


async def test_late_result_of_an_ended_attempt_changes_nothing(
    services: Services, agent: FakeAgent
):
    run = await services.submit("retried")
    first = await agent.start()
    await agent.fail(first, exit_code=75)
    await agent.start()

    answer = await agent.report(first)

    assert (answer.status, answer.run_state) == ("accepted", "running")
    assert (await services.scheduler.get_run(run.id)).state == RunState.RUNNING


async def test_result_with_a_wrong_fence_is_stale(services: Services, agent: FakeAgent):
    await services.submit()
    started = await agent.start()
    forged = result_of(started).model_copy(update={"fence": "1.999"})

    assert (await agent.send(forged)).status == "stale-fence"


async def test_result_whose_state_is_no_end_is_refused(services: Services, agent: FakeAgent):
    run = await services.submit()
    started = await agent.start()

    with pytest.raises(InvalidRequestError, match="cannot end as running"):
        await agent.report(started, AttemptState.RUNNING)
    assert (await services.scheduler.get_run(run.id)).state == RunState.RUNNING


async def test_returned_grant_is_queued_again_at_no_cost(services: Services, agent: FakeAgent):
    run = await services.submit()
    started = await agent.start()

    answer = await agent.report(started, AttemptState.RETURNED)

    assert answer.run_state == RunState.QUEUED
    assert (await agent.start()).grant.attempt == 2
    assert (await services.scheduler.get_run(run.id)).attempts[0].state == "returned"


async def test_success_of_a_grant_that_was_never_accepted_is_refused(
    services: Services, agent: FakeAgent
):
    run = await services.submit()
    grant = await agent.lease()
    success = Result(
        run_id=grant.run_id,
        attempt=grant.attempt,
        fence=grant.fence,
        event_id="too-early",
        state=AttemptState.SUCCEEDED,
    )

    answer = await agent.send(success)

    assert (answer.status, answer.run_state) == ("not-accepted", None)
    assert "was never accepted" in answer.detail
    assert (await services.scheduler.get_run(run.id)).state == RunState.LEASED
    await agent.accept(grant)
    assert (await agent.send(success)).status == "accepted"


async def test_input_that_is_missing_fails_the_attempt_with_the_reason(
    services: Services, agent: FakeAgent
):
    batch = await services.submit_batch(
        [
            {"key": "train", "job": "train", "client": "acme"},
            {"key": "inspect", "job": "inspect", "client": "acme"},
        ]
    )
    await agent.fail(await agent.start())
    grant = await agent.lease()

    with pytest.raises(StaleFenceError, match="published no such file"):
        await agent.accept(grant)

    run = await in_state(services, grant.run_id, RunState.FAILED)
    assert run.id == (await services.run_of(batch, "inspect")).id
    assert run.cause == Cause.INFRA
    assert run.reason is not None
    assert run.reason.startswith("An input is missing: artifact:train/model.joblib")
    assert [attempt.state for attempt in run.attempts] == ["failed"]


async def test_cancel_reaches_a_parked_poll_within_a_second(services: Services, agent: FakeAgent):
    run = await services.submit()
    started = await agent.start()
    poll = await parked(services, agent, maximum=0)
    asked = time.monotonic()

    assert (await services.scheduler.cancel_run(run.id)).state == RunState.CANCELLING
    (order,) = (await poll).directives

    assert time.monotonic() - asked < 1.0
    assert (order.kind, order.run_id, order.attempt) == ("cancel", run.id, 1)
    assert (order.fence, order.reason) == (started.grant.fence, "Cancelled by submitter.")
    answer = await agent.report(started, AttemptState.CANCELLED)
    assert answer.run_state == RunState.CANCELLED
    assert (await services.scheduler.get_run(run.id)).reason == "Cancelled by submitter."
    assert (await agent.poll(seconds=0)).directives == []


async def test_success_while_being_cancelled_stays_a_success(services: Services, agent: FakeAgent):
    run = await services.submit()
    started = await agent.start()
    await services.scheduler.cancel_run(run.id)

    assert (await agent.report(started)).run_state == RunState.SUCCEEDED


@pytest.mark.parametrize("seconds", [1.7e308, -1.0])
async def test_phase_that_no_clock_measured_is_refused(
    services: Services, agent: FakeAgent, seconds: float
):
    await services.submit()
    started = await agent.start()
    result = result_of(started).model_dump(mode="json") | {"phases": {"run": seconds}}
    body = {"session": agent.registered.session, "results": [result]}

    response = await services.ask(
        "POST", "/agent/v1/results", token=None, json=body, headers=agent.headers
    )

    assert response.status_code == 422
    assert [fault["pointer"] for fault in response.json()["errors"]] == ["/results/0/phases/run"]
    assert (await agent.report(started)).run_state == "succeeded"
