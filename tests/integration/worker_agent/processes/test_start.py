"""How the agent starts, and how it refuses to."""

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
