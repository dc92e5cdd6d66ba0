"""Which runtime an agent takes where no engine answers."""

from mlmon_shared.testing.polling import eventually

NOWHERE = "unix:///nowhere/docker.sock"


async def test_auto_takes_processes_without_an_engine_and_says_so(scheduler, agent):
    await agent.start(runtime="auto", docker_url=NOWHERE)
    await eventually(lambda: scheduler.registrations)

    assert scheduler.registrations[0].runtime == "process"
    assert "attempts run as plain processes" in agent.log


async def test_docker_without_an_engine_is_refused_in_one_line(agent):
    await agent.start(runtime="docker", docker_url=NOWHERE, server_url="http://127.0.0.1:9")
    status = await agent.wait()

    assert status == 78
    assert agent.log.splitlines() == [
        f"mlmon-agent: no Docker engine answers at {NOWHERE}: [Errno 2] No such file or directory"
    ]
