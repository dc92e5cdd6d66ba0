"""`GET /v1/runs/{id}/explain` of blocked runs: what would do, by name, and when."""

import pytest

from mlmon_shared.wire.joins import JoinKind
from mlmon_shared.wire.runs import RunDependency
from mlmon_shared.wire.states import Condition
from tests.integration.scheduler.http.agents import FakeAgent
from tests.integration.scheduler.http.services import Services

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_join_any_waits_for_the_first_end_and_says_that_one_will_do(
    services: Services, agent: FakeAgent
):
    running = await services.submit()
    await agent.start()
    held = await services.submit()
    await services.scheduler.hold_run(held.id)
    edges = [RunDependency(run=run.id) for run in (running, held)]
    either = await services.submit(depends_on=edges, join=JoinKind.ANY)
    both = await services.submit(depends_on=edges)

    found = await services.scheduler.explain_run(either.id)

    assert found.summary.startswith("Blocked: one of 2 open dependencies will do; it waits for")
    assert found.starts is not None
    assert {hindrance.run for hindrance in found.hindrances} == {running.id, held.id}
    assert all(str(hindrance.run) in hindrance.detail for hindrance in found.hindrances)
    found = await services.scheduler.explain_run(both.id)
    assert found.summary.endswith("and has to succeed, and for 1 more.")
    assert found.starts is None


async def test_run_that_has_to_end_in_any_way_is_said_to(services: Services):
    parent = await services.submit()
    edge = RunDependency(run=parent.id, when=Condition.FINISHED)
    child = await services.submit(depends_on=[edge])

    (hindrance,) = (await services.scheduler.explain_run(child.id)).hindrances

    said = f"It waits for echo of acme (run {parent.id}), which is queued and has to end."
    assert hindrance.detail == said


async def test_next_run_that_is_awaited_is_named_by_job_and_client(services: Services):
    scored = await services.submit("score", client="coda")

    (hindrance,) = (await services.scheduler.explain_run(scored.id)).hindrances

    said = "It waits for the next run of train for coda; none was submitted yet."
    assert hindrance.detail == said
