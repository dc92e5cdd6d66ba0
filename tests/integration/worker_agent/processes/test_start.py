"""How the agent starts, and how it refuses to."""

import asyncio
import re
import subprocess
import sys

from mlmon_shared.testing.polling import eventually


async def test_missing_settings_are_named_in_one_line(agent):
    await agent.start(server_url="nowhere", bootstrap_token="bootstrap", cpu="none")
    status = await agent.wait()
    lines = agent.log.splitlines()
    agent.scratch.mkdir(parents=True)

    assert status == 78
    assert len(lines) == 1
    assert "MLMON_AGENT_SERVER_URL" in lines[0]
    assert "MLMON_AGENT_CPU" in lines[0]


async def test_setting_that_is_no_json_is_named_in_one_line(agent):
    await agent.start(labels="a=b")
    status = await agent.wait()
    agent.scratch.mkdir(parents=True)

    assert status == 78
    assert len(agent.log.splitlines()) == 1
    assert "labels" in agent.log


async def test_two_agents_never_share_a_state_folder(scheduler, agent, tmp_path):
    await agent.start()
    await eventually(lambda: scheduler.beats)
    second = type(agent)(agent.folder, scheduler)
    await second.start()
    status = await second.wait()

    assert status == 78
    assert f"another agent (pid {agent.pid}) uses" in agent.log


async def test_registration_says_what_the_host_has(scheduler, agent):
    await agent.start(labels='{"zone": "a"}', host="host-1")
    await eventually(lambda: scheduler.registrations)
    registration = scheduler.registrations[0]

    assert registration.agent_id is None
    assert registration.host == "host-1"
    assert registration.runtime == "process"
    assert registration.labels == {"zone": "a"}
    assert registration.capacity.cpu_milli == 4000
    assert registration.capacity.memory == 4 * 2**30
    assert registration.capacity.disk > 0


async def test_agent_without_a_server_still_ends_at_once(scheduler, agent):
    scheduler.is_down = True
    await agent.start()
    await eventually(lambda: "cannot register" in agent.log)

    assert await agent.stop() == 0


async def check(agent) -> tuple[int, str]:
    environment = {
        "MLMON_AGENT_SERVER_URL": "http://127.0.0.1:9",
        "MLMON_AGENT_STATE_FOLDER": str(agent.folder),
    }
    words = (sys.executable, "-m", "mlmon_worker_agent", "check")
    process = await asyncio.create_subprocess_exec(
        *words, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    said, _ = await process.communicate()
    return process.returncode or 0, said.decode()


async def test_check_says_whether_the_scheduler_was_heard_of(scheduler, agent):
    before = await check(agent)
    await agent.start()
    await eventually(lambda: scheduler.beats)

    async def is_heard() -> bool:
        return (await check(agent))[0] == 0

    await eventually(is_heard)
    after = await check(agent)
    not_found = "the scheduler has not been heard of since this host was started\n"

    assert before == (1, not_found)
    assert re.fullmatch(r"the scheduler was heard of \d s ago\n", after[1])
