"""What becomes of attempts in containers, also when the agent dies."""

import signal
import time

from mlmon_shared.testing.polling import eventually
from mlmon_shared.wire.job_definitions import Resources
from mlmon_shared.wire.states import AttemptState, Cause

FOREVER = "import time\nprint('ready', flush=True)\ntime.sleep(600)"
WHEN_TOLD = """
import os, pathlib, time
print("before", flush=True)
time.sleep(float(os.environ["PAUSE"]))
print("after", flush=True)
pathlib.Path(os.environ["MLMON_OUT"], "made.txt").write_text("made")
"""


async def test_success_publishes_outputs_and_log(scheduler, agent, image):
    code = """
import os, pathlib, time
given = pathlib.Path(os.environ["MLMON_IN"], "deep/model.txt").read_text()
pathlib.Path(os.environ["MLMON_OUT"], "scores.csv").write_text(given * 2)
print("::mlmon metric name=auc value=0.91", flush=True)
time.sleep(0.5)
"""
    spec = scheduler.python(
        code,
        image=image,
        inputs=[scheduler.input("deep/model.txt", b"model\n")],
        outputs=[scheduler.output("scores.csv")],
    )
    await agent.start()
    result = await scheduler.result(spec)

    assert result.state is AttemptState.SUCCEEDED, result
    assert result.metrics == {"auc": 0.91}
    assert scheduler.uploads["scores.csv"] == b"model\nmodel\n"
    assert scheduler.log_of(spec).startswith("::mlmon metric")
    assert result.usage.peak_memory is not None
    # It has a network of its own, in which there is nothing.
    assert (result.usage.network_received, result.usage.network_sent) == (0, 0)
    assert scheduler.registrations[0].runtime == "docker"


async def test_missing_image_is_the_cause(scheduler, agent):
    spec = scheduler.enqueue("true", image="127.0.0.1:9/no/such:image")
    await agent.start()
    result = await scheduler.result(spec)

    assert (result.state, result.cause) == (AttemptState.FAILED, Cause.IMAGE)
    assert "127.0.0.1:9/no/such:image is not on this host" in result.reason
    assert "the registry could not be reached" in result.reason


async def test_memory_above_the_limit_is_oom(scheduler, agent, image):
    code = "import time\nblock = bytearray(b'x') * (128 * 2**20)\ntime.sleep(600)"
    spec = scheduler.python(code, image=image, resources=Resources(memory=64 * 2**20))
    await agent.start()
    result = await scheduler.result(spec)

    assert (result.state, result.cause) == (AttemptState.FAILED, Cause.OOM)
    assert "limit of 64 MiB" in result.reason


async def test_cancel_stops_and_removes_the_container(scheduler, agent, image, containers_of):
    spec = scheduler.python(FOREVER, image=image)
    await agent.start()
    await eventually(lambda: "ready" in scheduler.log_of(spec))
    scheduler.cancel(spec)
    result = await scheduler.result(spec)

    assert result.state is AttemptState.CANCELLED
    await eventually(lambda: containers_of(agent.scratch) == [])


async def test_killed_agent_goes_on_with_its_container(scheduler, agent, image):
    spec = scheduler.python(
        WHEN_TOLD,
        image=image,
        environment={"PAUSE": "3"},
        outputs=[scheduler.output("made.txt")],
    )
    await agent.start()
    await eventually(lambda: "before" in scheduler.log_of(spec))
    await agent.kill()
    await agent.start()
    result = await scheduler.result(spec)

    assert result.state is AttemptState.SUCCEEDED
    assert scheduler.log_of(spec) == "before\nafter\n"
    assert len(scheduler.accepts) == 1


async def test_container_that_ended_without_its_agent_is_reported(
    scheduler, agent, image, containers_of
):
    spec = scheduler.python(
        WHEN_TOLD,
        image=image,
        environment={"PAUSE": "1"},
        outputs=[scheduler.output("made.txt")],
    )
    await agent.start()
    await eventually(lambda: "before" in scheduler.log_of(spec))
    await agent.kill()
    await eventually(lambda: containers_of(agent.scratch)[0]["State"] == "exited")
    await agent.start()
    result = await scheduler.result(spec)

    assert result.state is AttemptState.SUCCEEDED
    assert scheduler.log_of(spec) == "before\nafter\n"
    assert scheduler.uploads["made.txt"] == b"made"


async def test_container_that_nobody_knows_is_removed_at_the_start(
    scheduler, agent, image, containers_of
):
    spec = scheduler.python(FOREVER, image=image)
    await agent.start()
    await eventually(lambda: "ready" in scheduler.log_of(spec))
    await agent.kill()
    (agent.folder / "journal.sqlite3").unlink()
    await agent.start()
    await eventually(lambda: containers_of(agent.scratch) == [])

    assert scheduler.results == []


async def test_second_signal_stops_containers(scheduler, agent, image, containers_of):
    spec = scheduler.python(FOREVER, image=image)
    await agent.start()
    await eventually(lambda: "ready" in scheduler.log_of(spec))
    agent.signal(signal.SIGTERM)
    await eventually(lambda: "drain" in scheduler.farewells)
    begun = time.monotonic()
    agent.signal(signal.SIGTERM)
    status = await agent.wait()

    assert status == 0
    assert scheduler.finals[spec.fence].state is AttemptState.PREEMPTED
    assert containers_of(agent.scratch) == []
    assert time.monotonic() - begun < 10


async def test_auto_takes_the_engine_that_answers(scheduler, agent, image):
    agent.settings["runtime"] = "auto"
    await agent.start()
    await eventually(lambda: scheduler.registrations)

    assert scheduler.registrations[0].runtime == "docker"
    assert "attempts run in containers" in agent.log
