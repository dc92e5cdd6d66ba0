"""What becomes of attempts when the engine under them stops, dies, and comes back."""

import os

import pytest

from mlmon_shared.testing.containers import provide_host_image
from mlmon_shared.testing.polling import eventually
from mlmon_shared.wire.states import AttemptState, Cause
from tests.integration.worker_agent.docker.own_engines import OwnEngine

FOREVER = "import time\nprint('ready', flush=True)\ntime.sleep(600)"

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root starts an engine")


@pytest.fixture
def image(engine: OwnEngine) -> str:
    client = engine.client()
    name = provide_host_image(client)
    client.close()
    return name


@pytest.mark.parametrize("how", ["stop", "kill"])
async def test_engine_that_comes_back_costs_the_attempt_and_no_more(
    scheduler, agent, engine: OwnEngine, image: str, how: str
):
    agent.settings["docker_url"] = engine.url
    spec = scheduler.python(FOREVER, image=image)
    await agent.start()
    await eventually(lambda: "ready" in scheduler.log_of(spec))

    getattr(engine, how)()
    engine.start()
    result = await scheduler.result(spec)

    assert (result.state, result.cause) == (AttemptState.FAILED, Cause.HOST)
    assert result.reason == (
        "The host or its Docker engine stopped, or restarted, while the command ran."
    )
    following = scheduler.python("print('again')", image=image)
    assert (await scheduler.result(following)).state is AttemptState.SUCCEEDED
    client = engine.client()
    await eventually(lambda: client.containers(all=True) == [])
    client.close()


async def test_engine_that_is_away_is_the_cause(scheduler, agent, engine: OwnEngine, image: str):
    agent.settings["docker_url"] = engine.url
    await agent.start()
    await eventually(lambda: scheduler.sessions == 1)
    engine.stop()
    spec = scheduler.python("print('never')", image=image)
    result = await scheduler.result(spec)

    assert (result.state, result.cause) == (AttemptState.FAILED, Cause.INFRA)
    assert "The Docker engine does not answer" in result.reason
    engine.start()
    following = scheduler.python("print('again')", image=image)
    assert (await scheduler.result(following)).state is AttemptState.SUCCEEDED
