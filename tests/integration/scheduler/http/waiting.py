"""What tests of the agent protocol wait for."""

import asyncio

from mlmon_shared.testing.polling import eventually
from mlmon_shared.wire.agent_protocol import PollAnswer
from mlmon_shared.wire.runs import RunDocument
from mlmon_shared.wire.states import RunState
from tests.integration.scheduler.http.agents import FakeAgent
from tests.integration.scheduler.http.services import Services


async def parked(services: Services, agent: FakeAgent, **options: int) -> asyncio.Task[PollAnswer]:
    """A poll that has reached the scheduler and waits there."""
    poll = asyncio.create_task(agent.poll(seconds=20, **options))
    hub_knows = f"agent:{agent.registered.agent_id}"
    await eventually(lambda: services.is_awaited(hub_knows), describe="the poll is parked")
    return poll


async def in_state(services: Services, run_id: str, state: RunState) -> RunDocument:
    async def find() -> RunDocument | None:
        run = await services.scheduler.get_run(run_id)
        return run if run.state is state else None

    return await eventually(find, describe=f"the run is {state}")
