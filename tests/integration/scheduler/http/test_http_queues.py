"""`GET /v1/queues`: how much waits, and for what."""

from datetime import UTC, datetime, timedelta

import pytest

from mlmon_shared.wire.catalog import Pool
from mlmon_shared.wire.queues import GateDocument, QueueDocument
from mlmon_shared.wire.runs import RunSubmission
from mlmon_shared.wire.states import Lane
from tests.integration.scheduler.http.agents import FakeAgent
from tests.integration.scheduler.http.services import OwnServices, Services

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_queues_gates_and_delays_are_counted(services: Services, agent: FakeAgent):
    await services.submit("gated")
    await agent.start()
    await services.submit("gated")
    assert (await agent.poll(seconds=0)).grants == []
    await services.submit("brief")
    await services.submit("brief", client="bolt")
    await services.submit("brief", client="bolt", lane=Lane.CRITICAL)
    await services.submit(not_before=datetime.now(UTC) + timedelta(hours=1))

    found = await services.scheduler.overview_queues()

    assert found.queues == [
        QueueDocument(pools=["brief"], lane=Lane.CRITICAL, queued=1, clients=1),
        QueueDocument(pools=["brief"], lane=Lane.NORMAL, queued=2, clients=2),
    ]
    assert found.gates == [GateDocument(gate="job:gated", parked=1)]
    assert (found.live, found.delayed) == (6, 1)


async def test_run_of_a_job_that_names_no_pool_starts_in_any_that_takes_it(
    own_services: OwnServices,
):
    gpus = {"name": "gpus", "resources": {"gpus": 1}, "takes": {"at_least": {"gpus": 1}}}
    saved = await own_services.config_api.put_pool(Pool.model_validate(gpus))
    scheduler = own_services.client("submitter")
    scheduler.config_revision = saved.config_revision
    run = await scheduler.submit_run(RunSubmission(job="echo", client="acme"))
    (waiting,) = (await own_services.scheduler.overview_queues()).queues
    agent = await own_services.agent()

    (grant,) = (await agent.poll(seconds=0)).grants

    assert grant.run_id == run.id
    assert waiting.pools == run.pools
    assert run.pools[0] != "cpu", "the agent's pool is not the first"


async def test_empty_queues_are_not_shown(services: Services):
    found = await services.scheduler.overview_queues()

    assert (found.queues, found.gates, found.live, found.delayed) == ([], [], 0, 0)
