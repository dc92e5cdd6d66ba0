"""Logs that outlive their tails: chunks in the artifact store, and how they are read."""

import asyncio

import pytest

from mlmon_shared.errors import GoneError, StaleFenceError
from mlmon_shared.testing.polling import eventually
from mlmon_shared.wire.log_archives import LogRecord, chunk_path
from mlmon_shared.wire.states import AttemptState
from tests.integration.scheduler.http.agents import FakeAgent, Started
from tests.integration.scheduler.http.services import Services
from tests.integration.scheduler.http.test_http_files import begin, read_log

pytestmark = pytest.mark.asyncio(loop_scope="session")
HALF = 2**19


def out(offset: int, text: str) -> LogRecord:
    return LogRecord("stdout", offset, text.encode())


async def test_archived_log_is_read_whole_once_its_tail_is_gone(
    services: Services, agent: FakeAgent
):
    started = await begin(services, agent)
    await agent.log(started, 0, "one\n")
    await agent.archive(started, 0, out(0, "one\n"), LogRecord("stderr", 0, b"oops\n"))
    await agent.archive(started, 1, out(4, "two\n"))
    await agent.report(started)
    await services.forget_logs()
    run_id = started.grant.run_id

    assert await read_log(services, run_id) == "one\noops\ntwo\n"
    assert await read_log(services, run_id, follow=True) == "one\noops\ntwo\n"
    assert await read_log(services, run_id, attempt=1) == "one\noops\ntwo\n"


async def test_archive_and_tail_join_without_a_seam(services: Services, agent: FakeAgent):
    started = await begin(services, agent)
    blocks = [letter * HALF for letter in "abcd"]
    for seq, block in enumerate(blocks):
        await agent.log(started, seq, block)
    # The tail keeps the last mebibyte: of the second block the archive has the rest.
    await agent.archive(started, 0, out(0, blocks[0] + "b" * 100))
    await agent.archive(started, 1, out(HALF + 100, "b" * (HALF - 100) + "c" * 7))

    assert await read_log(services, started.grant.run_id) == "".join(blocks)


async def test_chunk_that_a_restarted_agent_repeats_is_shown_once(
    services: Services, agent: FakeAgent
):
    started = await begin(services, agent)
    await agent.archive(started, 0, out(0, "one\n"))
    await agent.archive(started, 1, out(0, "one\ntwo\n"))
    await agent.archive(started, 2, out(4, "two\nthree\n"))
    await agent.report(started)

    assert await read_log(services, started.grant.run_id) == "one\ntwo\nthree\n"


async def test_what_the_tail_missed_is_read_from_the_archive(services: Services, agent: FakeAgent):
    started = await begin(services, agent)
    await agent.log(started, 0, "one\n")
    await agent.log(started, 1, "[4 are missing]\n", missing=4)
    await agent.log(started, 2, "three\n")
    run_id = started.grant.run_id
    assert await read_log(services, run_id) == "one\n[4 are missing]\nthree\n"

    await agent.archive(started, 0, out(0, "one\ntwo\nthree\n"))

    assert await read_log(services, run_id) == "one\ntwo\nthree\n"


async def test_what_nobody_kept_is_said_to_be_missing(services: Services, agent: FakeAgent):
    started = await begin(services, agent)
    await agent.log(started, 0, "late\n", offset=1000)

    assert await read_log(services, started.grant.run_id) == (
        "[mlmon: 1000 bytes of output are missing here; they are not kept]\nlate\n"
    )


async def test_follower_that_lost_the_tail_goes_on_from_the_archive(
    services: Services, agent: FakeAgent
):
    started = await begin(services, agent)
    seen: list[str] = []

    async def follow() -> None:
        async with services.scheduler.open_logs(started.grant.run_id, follow=True) as response:
            async for text in response.aiter_text():
                seen.append(text)  # noqa: PERF401 - looked at while it grows

    following = asyncio.create_task(follow())
    await agent.log(started, 0, "one\n")
    await eventually(lambda: "".join(seen) == "one\n")
    await services.forget_logs()
    await agent.archive(started, 0, out(0, "one\ntwo\n"))
    await agent.log(started, 1, "three\n", offset=8)
    await agent.archive(started, 1, out(8, "three\nfour\n"))
    await agent.report(started)
    await following

    assert "".join(seen) == "one\ntwo\nthree\nfour\n"


async def test_chunks_are_taken_from_who_had_the_lease_alone(services: Services, agent: FakeAgent):
    first = await begin(services, agent, "retried")
    other = await services.agent()
    with pytest.raises(StaleFenceError, match="is not this agent's"):
        await other.archive(first, 0, out(0, "forged\n"))
    await agent.fail(first, exit_code=75)
    second = await other.start()
    await other.archive(second, 0, out(0, "second\n"))
    await other.report(second)
    # An agent that comes back late still has the log of what it ran.
    await agent.archive(first, 0, out(0, "late\n"))

    assert await read_log(services, first.grant.run_id, attempt=1) == "late\n"
    assert await read_log(services, first.grant.run_id) == "second\n"


async def test_log_of_another_lease_is_not_this_attempts_log(services: Services, agent: FakeAgent):
    """An attempt of the same number is leased anew when Redis had lost the first."""
    started = await begin(services, agent)
    other = Started(started.grant.model_copy(update={"fence": "999.1"}), started.spec)
    await agent.archive(other, 0, out(0, "archived by another lease\n"))
    await agent.log(other, 0, "sent by another lease\n", offset=0)
    await agent.log(started, 0, "mine\n", offset=0)

    assert await read_log(services, started.grant.run_id) == "mine\n"


async def test_damaged_chunk_costs_no_more_than_itself(services: Services, agent: FakeAgent):
    started = await begin(services, agent)
    await agent.archive(started, 0, out(0, "one\n"))
    await agent.archive(started, 1, out(4, "two\n"))
    run_id, fence = started.grant.run_id, started.grant.fence
    (services.artifacts_folder / run_id / "1" / chunk_path(fence, 0)).write_bytes(b"damaged")
    await agent.report(started)

    assert await read_log(services, run_id) == (
        "[mlmon: 4 bytes of output are missing here; they are not kept]\ntwo\n"
    )


async def test_archived_log_is_no_artifact(services: Services, agent: FakeAgent):
    await services.submit("train")
    started = await agent.start()
    await agent.archive(started, 0, out(0, "one\n"))
    model = await agent.upload(started, "model.joblib", b"model")
    await agent.report(started, artifacts=[model])
    run_id = started.grant.run_id

    listed = await services.scheduler.list_artifacts(run_id)
    assert [each.path for each in listed.items] == ["model.joblib"]
    path = chunk_path(started.grant.fence, 0)
    answer = await services.ask("GET", f"/v1/runs/{run_id}/artifacts/{path}")
    assert answer.status_code == 404


async def test_log_without_tail_and_archive_is_gone(services: Services, agent: FakeAgent):
    started = await begin(services, agent)
    await agent.log(started, 0, "text\n")
    await agent.report(started, AttemptState.FAILED, exit_code=1, reason="It broke.")
    await services.forget_logs()

    with pytest.raises(GoneError, match="is not kept any more"):
        await read_log(services, started.grant.run_id)
