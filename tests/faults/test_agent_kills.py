"""Agents that are killed at each point of an attempt's life, and started again at once."""

import pytest

from mlmon_shared.testing.polling import eventually
from mlmon_shared.wire.states import AttemptState
from tests.faults.checker import attempts_in, check_workload
from tests.faults.harness import Cluster
from tests.faults.proxies import Moment, Stop
from tests.faults.workload import PATIENT_SECONDS, Workload

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    # Longer than agents are away: whatever is lost was lost by them.
    pytest.mark.parametrize("stop_after_seconds", [PATIENT_SECONDS]),
]
POINTS = {
    "granted, which no agent has heard": ("POST poll", Moment.ACTED),
    "granted, not accepted": ("POST accept", Moment.ASKED),
    "accepted, which no agent has heard": ("POST accept", Moment.ACTED),
    "accepted, nothing is prepared": ("GET artifacts", Moment.ASKED),
    "has written, nobody has read": ("PUT logs", Moment.ASKED),
    "ended, nothing is uploaded": ("PUT artifacts", Moment.ASKED),
    "ended, half is uploaded": ("PUT artifacts", Moment.ACTED),
    "in the journal, not sent": ("POST results", Moment.ASKED),
    "sent, which no agent has heard": ("POST results", Moment.ACTED),
}


@pytest.mark.parametrize("point", POINTS)
async def test_agents_killed_at_any_point_go_on_where_they_were(
    cluster: Cluster, workload: Workload, point: str
):
    def kill() -> None:
        for agent in cluster.agents.values():
            agent.kill()

    stop = cluster.proxy.stop = Stop(*POINTS[point], kill)
    batch = await workload.submit(cluster.client)
    await eventually(lambda: stop.is_reached, within_seconds=60, describe=point)
    for agent in cluster.agents.values():
        agent.start()

    batch = await cluster.client.wait_batch(batch, timeout=120)

    runs = await check_workload(cluster, workload, batch)
    assert attempts_in(runs, AttemptState.LOST) == []
