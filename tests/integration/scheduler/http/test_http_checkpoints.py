"""What attempts leave for the next one of their run: kept, given, and forgotten with the run."""

import pytest

from mlmon_shared.wire.runs import ArtifactDocument, RunDocument
from mlmon_shared.wire.states import AttemptState, Cause
from tests.integration.scheduler.http.agents import FakeAgent, Started
from tests.integration.scheduler.http.services import Services

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def fail(agent: FakeAgent, started: Started, *kept: ArtifactDocument) -> None:
    answer = await agent.report(
        started, AttemptState.FAILED, cause=Cause.USER_ERROR, exit_code=75, checkpoints=list(kept)
    )
    assert (answer.status, answer.run_state) == ("accepted", "delayed"), answer


async def given(agent: FakeAgent, started: Started) -> dict[str, bytes]:
    return {item.target: await agent.download(item.download) for item in started.spec.inputs}


def shown(run: RunDocument) -> list[tuple[str, int]]:
    return [(kept.path, kept.attempt) for kept in run.checkpoints]


async def test_next_attempts_get_the_newest_of_each_path(services: Services, agent: FakeAgent):
    run = await services.submit("resumes")
    first = await agent.start()
    assert first.spec.inputs == []
    await fail(
        agent,
        first,
        await agent.upload(first, "state.bin", b"one"),
        await agent.upload(first, "notes.json", b"{}"),
    )

    second = await agent.start()
    assert await given(agent, second) == {
        "checkpoint/state.bin": b"one",
        "checkpoint/notes.json": b"{}",
    }
    await fail(agent, second, await agent.upload(second, "state.bin", b"two"))
    assert shown(await services.scheduler.get_run(run.id)) == [("state.bin", 2), ("notes.json", 1)]

    # One that leaves nothing takes nothing away.
    await fail(agent, await agent.start())
    fourth = await agent.start()
    assert (await given(agent, fourth))["checkpoint/state.bin"] == b"two"

    await agent.report(fourth)
    ended = await services.scheduler.get_run(run.id)
    assert (ended.state, ended.artifacts, ended.checkpoints) == ("succeeded", [], [])


async def test_attempt_of_a_host_that_leaves_keeps_its_checkpoint(
    services: Services, agent: FakeAgent
):
    await services.submit("resumes")
    first = await agent.start()
    kept = await agent.upload(first, "state.bin", b"one")
    answer = await agent.report(first, AttemptState.PREEMPTED, cause=Cause.SPOT, checkpoints=[kept])
    assert answer.run_state == "queued"

    assert await given(agent, await agent.start()) == {"checkpoint/state.bin": b"one"}


async def test_checkpoint_that_never_arrived_is_not_given(services: Services, agent: FakeAgent):
    run = await services.submit("resumes")
    first = await agent.start()
    claimed = ArtifactDocument(path="state.bin", kind="checkpoint", size=3, sha256="0" * 64)
    await fail(agent, first, claimed)

    assert (await services.scheduler.get_run(run.id)).checkpoints == []
    assert (await agent.start()).spec.inputs == []


async def test_checkpoint_of_a_stale_attempt_is_not_given(services: Services):
    agent = await services.agent(agent_id="leaver", boot_id="first")
    await services.submit("resumes")
    first = await agent.start()
    kept = await agent.upload(first, "state.bin", b"stale")
    await agent.register(agent_id="leaver", boot_id="second")
    answer = await agent.report(first, AttemptState.FAILED, exit_code=75, checkpoints=[kept])
    assert answer.status == "stale-fence"

    assert (await agent.start()).spec.inputs == []
