"""Holding, releasing and reprioritising over HTTP."""

import pytest

from mlmon_shared.errors import ConflictError, NotFoundError
from mlmon_shared.testing.polling import eventually
from mlmon_shared.wire.runs import RunDocument
from mlmon_shared.wire.states import RunState
from tests.integration.scheduler.http.agents import FakeAgent
from tests.integration.scheduler.http.services import Services
from tests.integration.scheduler.http.test_http_batches import after, counted, item

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_held_run_says_who_holds_it_and_starts_once_released(
    services: Services, agent: FakeAgent
):
    run = await services.submit()
    held = await services.scheduler.hold_run(run.id)
    again = await services.scheduler.hold_run(run.id)
    released = await services.scheduler.release_run(run.id)

    assert (held.state, held.reason) == (RunState.HELD, "Held by submitter.")
    assert (again.state, again.rv) == (held.state, held.rv)
    assert (released.state, released.reason) == (RunState.QUEUED, None)
    assert (await agent.lease()).run_id == run.id


async def test_run_that_has_started_is_not_held(services: Services, agent: FakeAgent):
    run = await services.submit()
    await agent.accept(await agent.lease())

    with pytest.raises(ConflictError, match="is running; only a run that waits can be held"):
        await services.scheduler.hold_run(run.id)
    with pytest.raises(ConflictError, match="only a run that waits can be given another priority"):
        await services.scheduler.reprioritise_run(run.id, 7)


async def test_new_priority_is_on_the_document_and_in_history(services: Services):
    run = await services.submit()
    changed = await services.scheduler.reprioritise_run(run.id, 700)
    await services.scheduler.cancel_run(run.id)

    async def in_history() -> RunDocument | None:
        try:
            found = await services.history.get_run(run.id)
        except NotFoundError:
            return None
        return found if found.state is RunState.CANCELLED else None

    assert changed.priority == 700
    assert (await eventually(in_history)).priority == 700


@pytest.mark.parametrize("priority", [-1, 1001, "high", None])
async def test_priority_outside_its_range_is_refused(services: Services, priority: object):
    run = await services.submit()
    path = f"/v1/runs/{run.id}/priority"
    response = await services.ask("POST", path, json={"priority": priority})

    assert response.status_code == 422
    assert response.json()["errors"][0]["pointer"] == "/priority"


async def test_batch_is_held_released_and_reprioritised_as_one(
    services: Services, agent: FakeAgent
):
    items = [item("a"), item("b"), item("c", depends_on=after("b"))]
    batch = await services.submit_batch(items)
    await counted(services, batch, queued=2, blocked=1)
    await agent.accept(await agent.lease())
    held = await services.scheduler.hold_batch(batch.id)
    await services.scheduler.reprioritise_batch(batch.id, 900)
    released = await services.scheduler.release_batch(batch.id)
    runs = (await services.scheduler.list_runs(batch=batch.id)).items

    assert held.counts == {"running": 1, "held": 2}
    assert released.counts == {"running": 1, "queued": 1, "blocked": 1}
    assert sorted(run.priority for run in runs) == [20, 900, 900]
