"""`GET /v1/runs/{id}/explain`: what holds a run, its place, and when it starts."""

from datetime import UTC, datetime, timedelta

import pytest

from mlmon_shared.errors import NotFoundError
from mlmon_shared.testing.polling import eventually
from mlmon_shared.wire.agent_protocol import Vector
from mlmon_shared.wire.explanations import Explanation, HindranceKind
from mlmon_shared.wire.runs import RunDependency, RunDocument
from mlmon_shared.wire.states import Cause, Lane, RunState
from tests.integration.scheduler.http.agents import FakeAgent
from tests.integration.scheduler.http.services import Services

pytestmark = pytest.mark.asyncio(loop_scope="session")

ONE_SLOT = Vector(cpu_milli=1000, memory=2**30)


async def explain(services: Services, run: RunDocument) -> Explanation:
    return await services.scheduler.explain_run(run.id)


def kinds(found: Explanation) -> list[HindranceKind]:
    return [hindrance.kind for hindrance in found.hindrances]


async def test_run_without_any_agent_says_so(services: Services):
    found = await explain(services, await services.submit())

    assert kinds(found) == [HindranceKind.AGENTS]
    assert "no agent is registered" in found.summary
    assert (found.state, found.place, found.starts) == (RunState.QUEUED, 1, None)


async def test_run_of_a_pool_without_agents_names_the_pool(services: Services, agent: FakeAgent):
    found = await explain(services, await services.submit("brief"))

    assert "no agent is registered in pool brief" in found.summary


async def test_labels_that_no_agent_has_are_named(services: Services, agent: FakeAgent):
    found = await explain(services, await services.submit("labelled"))

    assert kinds(found) == [HindranceKind.AGENTS]
    assert "does not have disk=nvme" in found.summary


async def test_place_counts_what_goes_first(services: Services):
    await services.agent(capacity=ONE_SLOT)
    runs = [await services.submit(priority=priority) for priority in (30, 10, 20)]

    places = [(await explain(services, run)).place for run in runs]

    assert places == [1, 3, 2]


async def test_place_is_fair_between_clients(services: Services):
    await services.agent(capacity=ONE_SLOT)
    for _ in range(5):
        await services.submit(client="acme")
    late = await services.submit(client="bolt")

    assert (await explain(services, late)).place == 2


async def test_busy_agents_give_a_forecast(services: Services):
    agent = await services.agent(capacity=ONE_SLOT)
    await services.submit()
    await agent.start()
    waiting = await services.submit()

    found = await explain(services, waiting)

    assert kinds(found) == [HindranceKind.ROOM]
    assert found.starts is not None
    assert found.ends is not None
    assert found.starts.p50 < found.ends.p50 <= found.ends.p90
    assert found.starts.p50 > datetime.now(UTC) + timedelta(seconds=60)
    assert found.measured_runs == 0


async def test_free_agent_means_that_it_starts_now(services: Services, agent: FakeAgent):
    found = await explain(services, await services.submit())

    assert found.hindrances == []
    assert found.starts is not None
    assert found.starts.p50 - found.as_of < timedelta(seconds=1)


async def test_forecast_rests_on_measured_runs(services: Services, agent: FakeAgent):
    await services.submit("retried")
    await agent.report(await agent.start())
    run = await services.submit("retried")
    await agent.start()

    async def measured() -> Explanation | None:
        found = await explain(services, run)
        return found if found.measured_runs == 1 else None

    found = await eventually(measured, within_seconds=15)
    assert found.ends is not None
    assert found.ends.p90 - found.as_of < timedelta(seconds=60)


async def test_critical_runs_beyond_their_share_of_a_pool_let_others_go_first(services: Services):
    agent = await services.agent("capped", capacity=Vector(cpu_milli=2000, memory=2 * 2**30))
    await services.submit("capped", lane=Lane.CRITICAL)
    await agent.start()
    normal = await services.submit("capped", client="bolt")
    critical = await services.submit("capped", lane=Lane.CRITICAL)

    async def capped() -> Explanation | None:
        found = await explain(services, critical)
        return found if "share for them is 50%" in str(found.hindrances) else None

    found = await eventually(capped, within_seconds=15)
    assert kinds(found) == [HindranceKind.ORDER]
    assert (await agent.start()).grant.run_id == normal.id


async def test_full_gate_names_its_holder_and_the_place(services: Services, agent: FakeAgent):
    holder = await services.submit("gated")
    await agent.start()
    first = await services.submit("gated", client="bolt")
    second = await services.submit("gated", client="coda")

    found = await explain(services, second)

    assert (found.state, found.place) == (RunState.PARKED, 2)
    (hindrance,) = found.hindrances
    assert (hindrance.kind, hindrance.gate) == (HindranceKind.GATE, "job:gated")
    assert f"1 of 1 are taken, by {holder.id}" in hindrance.detail
    assert (await explain(services, first)).place == 1
    assert found.starts is not None


async def test_blocked_run_names_its_parent_and_waits_for_its_end(
    services: Services, agent: FakeAgent
):
    parent = await services.submit()
    child = await services.submit(depends_on=[RunDependency(run=parent.id)])
    await agent.start()

    found = await explain(services, child)

    (hindrance,) = found.hindrances
    assert (hindrance.kind, hindrance.run) == (HindranceKind.DEPENDENCY, parent.id)
    assert f"echo of acme (run {parent.id}), which is running" in hindrance.detail
    running = await explain(services, parent)
    assert running.ends is not None
    assert found.starts is not None
    assert abs(found.starts.p50 - running.ends.p50) < timedelta(seconds=5)


async def test_held_and_delayed_runs_say_why(services: Services):
    held = await services.submit()
    await services.scheduler.hold_run(held.id)
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    delayed = await services.submit(not_before=tomorrow)

    assert "Held by submitter." in (await explain(services, held)).summary
    found = await explain(services, delayed)
    assert kinds(found) == [HindranceKind.TIME]
    assert found.starts is not None
    assert abs(found.starts.p50 - tomorrow) < timedelta(seconds=2)


async def test_run_that_must_start_by_some_time_says_so_until_it_has(
    services: Services, agent: FakeAgent
):
    run = await services.submit(start_by=datetime(2199, 1, 1, tzinfo=UTC))
    waiting = (await explain(services, run)).summary
    await agent.start()

    told = "It expires unless it has started by 2199-01-01T00:00:00+00:00."
    assert waiting.endswith(f". {told}")
    assert told not in (await explain(services, run)).summary


async def test_run_that_waits_for_its_retry_says_what_failed_and_when_it_goes_on(
    services: Services, agent: FakeAgent
):
    run = await services.submit("retried")
    await agent.fail(await agent.start(), Cause.HOST)

    found = await explain(services, run)

    assert kinds(found) == [HindranceKind.TIME]
    assert found.summary.startswith("Delayed: tried again after this: It broke. Ready at 2")


async def test_running_and_final_runs_are_explained_too(services: Services, agent: FakeAgent):
    run = await services.submit()
    started = await agent.start()
    assert (await explain(services, run)).summary.startswith("It runs: attempt 1 in pool cpu")

    await agent.fail(started)

    assert (await explain(services, run)).summary == "The run is final; it failed: It broke."


async def test_unknown_run_is_not_found(services: Services):
    with pytest.raises(NotFoundError):
        await services.scheduler.explain_run("01a20d7a-c605-77ad-a09d-5c2a3ccd1fc1")
