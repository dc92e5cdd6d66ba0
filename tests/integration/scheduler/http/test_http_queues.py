"""`GET /v1/queues`: how much waits, and for what."""

from datetime import UTC, datetime, timedelta

import pytest

from mlmon_shared.wire.queues import GateDocument, QueueDocument
from mlmon_shared.wire.states import Lane
from tests.integration.scheduler.http.agents import FakeAgent
from tests.integration.scheduler.http.services import Services

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


async def test_empty_queues_are_not_shown(services: Services):
    found = await services.scheduler.overview_queues()

    assert (found.queues, found.gates, found.live, found.delayed) == ([], [], 0, 0)
