"""Logs and artifacts: what agents send and people read."""

import asyncio
import gzip
import re
from typing import Any
from urllib.parse import unquote

import pytest

from mlmon_shared.errors import GoneError, InvalidRequestError, NotFoundError, PayloadTooLargeError
from mlmon_shared.testing.polling import eventually
from mlmon_shared.wire.states import AttemptState
from tests.integration.scheduler.http.agents import FakeAgent, Started
from tests.integration.scheduler.http.services import Services

pytestmark = pytest.mark.asyncio(loop_scope="session")
DIGEST = "0" * 64


async def read_log(services: Services, run_id: str, **options: Any) -> str:
    async with services.scheduler.open_logs(run_id, **options) as response:
        return (await response.aread()).decode()


async def begin(services: Services, agent: FakeAgent, job: str = "echo") -> Started:
    await services.submit(job)
    return await agent.start()


async def test_log_of_a_finished_attempt_is_read_in_the_order_it_came(
    services: Services, agent: FakeAgent
):
    started = await begin(services, agent)
    await agent.log(started, 0, "one\n")
    await agent.log(started, 0, "oops\n", stream="stderr")
    await agent.log(started, 1, "two ä\n")
    await agent.report(started)

    assert await read_log(services, started.grant.run_id) == "one\noops\ntwo ä\n"


async def test_chunk_that_is_sent_twice_is_shown_once(services: Services, agent: FakeAgent):
    started = await begin(services, agent)
    for _ in range(2):
        await agent.log(started, 0, "once\n")

    assert await read_log(services, started.grant.run_id) == "once\n"


async def test_followed_log_streams_until_the_run_is_final(services: Services, agent: FakeAgent):
    run = await services.submit()
    seen: list[str] = []

    async def follow() -> None:
        async with services.scheduler.open_logs(run.id, follow=True) as response:
            async for text in response.aiter_text():
                seen.append(text)  # noqa: PERF401 - looked at while it grows

    following = asyncio.create_task(follow())
    started = await agent.start()
    await agent.log(started, 0, "first\n")
    await eventually(lambda: "".join(seen) == "first\n")
    await agent.log(started, 1, "last\n")
    await agent.report(started)
    await following

    assert "".join(seen) == "first\nlast\n"


async def test_followed_log_goes_on_with_the_next_attempt(services: Services, agent: FakeAgent):
    first = await begin(services, agent, "retried")
    following = asyncio.create_task(read_log(services, first.grant.run_id, follow=True))
    await agent.log(first, 0, "first\n")
    await agent.fail(first, exit_code=75)
    second = await agent.start()
    await agent.log(second, 0, "second\n")
    await agent.report(second)

    assert await following == "first\nsecond\n"


async def test_log_of_a_named_attempt_is_that_attempts_alone(services: Services, agent: FakeAgent):
    first = await begin(services, agent, "retried")
    await agent.log(first, 0, "first\n")
    await agent.fail(first, exit_code=75)
    second = await agent.start()
    await agent.log(second, 0, "second\n")
    run_id = first.grant.run_id

    assert await read_log(services, run_id, attempt=1) == "first\n"
    assert await read_log(services, run_id, attempt=1, follow=True) == "first\n"
    assert await read_log(services, run_id) == "second\n"
    with pytest.raises(NotFoundError, match="has no attempt 3; it has 2"):
        await read_log(services, run_id, attempt=3)


async def test_log_of_a_waiting_run_is_empty(services: Services):
    run = await services.submit()

    assert await read_log(services, run.id) == ""


async def test_log_that_is_no_longer_kept_is_gone(services: Services, agent: FakeAgent):
    started = await begin(services, agent)
    await agent.log(started, 0, "text\n")
    await agent.report(started)
    await services.forget_logs()

    with pytest.raises(GoneError, match="not kept any more"):
        await read_log(services, started.grant.run_id)


@pytest.mark.parametrize("size", [2**20 + 1, 2**27])
async def test_chunk_that_unpacks_to_too_much_is_refused(
    services: Services, agent: FakeAgent, size: int
):
    started = await begin(services, agent)

    with pytest.raises(PayloadTooLargeError):
        await agent.log(started, 0, "\0" * size)
    assert await read_log(services, started.grant.run_id) == ""


async def test_chunk_of_just_the_limit_is_taken(services: Services, agent: FakeAgent):
    started = await begin(services, agent)
    await agent.log(started, 0, "x" * 2**20)

    assert len(await read_log(services, started.grant.run_id)) == 2**20


@pytest.mark.parametrize("body", [b"not gzip", gzip.compress(b"cut off", mtime=0)[:-9], b""])
async def test_chunk_that_is_not_whole_is_refused(
    services: Services, agent: FakeAgent, body: bytes
):
    started = await begin(services, agent)

    with pytest.raises(InvalidRequestError, match="gzip"):
        await agent.client.put_log_chunk(started.attempt_id, "stdout", 0, offset=0, gzipped=body)


async def test_plain_chunk_over_the_limit_is_refused(services: Services, agent: FakeAgent):
    started = await begin(services, agent)
    response = await services.ask(
        "PUT",
        f"/agent/v1/logs/{started.attempt_id}/stdout/0",
        content=b"x" * (2**20 + 1),
        headers=agent.headers,
        token=None,
    )

    assert response.status_code == 413


async def test_published_files_are_listed_and_downloaded(services: Services, agent: FakeAgent):
    await services.submit("train")
    content = b"model " * 100_000
    run_id = await agent.publish({"model.joblib": content})

    (artifact,) = (await services.client("reader").list_artifacts(run_id)).items
    assert (artifact.path, artifact.size, artifact.kind) == ("model.joblib", len(content), "file")
    async with services.client("reader").open_artifact(run_id, "model.joblib") as response:
        assert response.headers["Content-Length"] == str(len(content))
        assert response.headers["ETag"] == f'"{artifact.sha256}"'
        assert await response.aread() == content


async def test_missing_file_is_answered_with_what_was_published(
    services: Services, agent: FakeAgent
):
    await services.submit("train")
    run_id = await agent.publish({"model.joblib": b"model"})

    with pytest.raises(NotFoundError, match=re.escape("scores.csv; it published model.joblib")):
        async with services.scheduler.open_artifact(run_id, "scores.csv"):
            pass


async def test_files_of_a_failed_attempt_are_not_published(services: Services, agent: FakeAgent):
    started = await begin(services, agent, "train")
    artifact = await agent.upload(started, "model.joblib", b"half a model")
    await agent.report(started, AttemptState.FAILED, exit_code=1, artifacts=[artifact])
    run_id = started.grant.run_id

    assert (await services.scheduler.list_artifacts(run_id)).items == []
    with pytest.raises(NotFoundError, match="it published nothing"):
        async with services.scheduler.open_artifact(run_id, "model.joblib"):
            pass
    assert (await services.submit("score")).state == "skipped"


async def test_files_of_a_lost_attempt_are_not_published(services: Services):
    agent = await services.agent(agent_id="host", boot_id="first")
    started = await begin(services, agent, "train")
    stale = await agent.upload(started, "model.joblib", b"stale")
    await agent.register(agent_id="host", boot_id="second")
    assert (await agent.report(started, artifacts=[stale])).status == "stale-fence"
    assert (await services.scheduler.list_artifacts(started.grant.run_id)).items == []

    published = await agent.publish({"model.joblib": b"fresh"})

    async with services.scheduler.open_artifact(published, "model.joblib") as response:
        assert await response.aread() == b"fresh"


async def test_success_whose_file_never_arrived_is_a_failure_of_ours_and_retried(
    services: Services, agent: FakeAgent
):
    started = await begin(services, agent, "train")
    artifact = await agent.upload(started, "model.joblib", b"model")
    claimed = artifact.model_copy(update={"size": artifact.size + 1})

    answer = await agent.report(started, artifacts=[claimed])

    assert (answer.status, answer.run_state) == ("accepted", "delayed")
    run = await services.scheduler.get_run(started.grant.run_id)
    assert (run.attempts[0].state, run.attempts[0].cause) == ("failed", "infra")
    assert run.reason == "The output model.joblib did not reach the artifact store."
    assert run.artifacts == []


def granted_upload(started: Started) -> str:
    grant = started.spec.outputs[0].upload
    assert grant is not None
    return grant.url


async def put_file(services: Services, url: str, **headers: str) -> int:
    response = await services.ask("PUT", url, content=b"bytes", headers=headers, token=None)
    return response.status_code


async def test_upload_needs_the_grants_own_signature_method_path_and_time(
    services: Services, agent: FakeAgent
):
    started = await begin(services, agent, "train")
    url = granted_upload(started)
    expires = re.search(r"expires=(\d+)", url)
    assert expires is not None

    assert await put_file(services, url[:-1] + ("0" if url[-1] != "0" else "1")) == 403
    assert await put_file(services, url.split("signature=")[0] + "signature=%C3%A9") == 403
    assert await put_file(services, url.replace(expires[1], str(int(expires[1]) + 1))) == 403
    assert await put_file(services, url.replace(expires[1], "1")) == 403
    assert await put_file(services, url.replace(".1/", ".2/")) == 403
    assert await put_file(services, url.replace("model.joblib", "other")) == 403
    assert (await services.ask("GET", url, token=None)).status_code == 403
    assert await put_file(services, url.split("?")[0]) == 422
    assert await put_file(services, url) == 201


async def test_grant_is_no_longer_good_when_its_time_is_up(services: Services):
    url = services.signed_upload("some-run.1", "model.joblib", expires_ms=1)

    assert await put_file(services, url) == 403


@pytest.mark.parametrize(
    "path", ["../escaped", "a/../../escaped", "%2e%2e/escaped", "..%2fescaped", "/escaped"]
)
@pytest.mark.parametrize("is_signed", [False, True])
async def test_upload_cannot_leave_the_attempts_folder(
    services: Services, path: str, is_signed: bool
):
    url = services.signed_upload("run.1", unquote(path), expires_ms=2**42)
    target = url.replace(unquote(path), path)
    if not is_signed:
        target = target.replace("signature=", "signature=0")

    # As the raw target of the request, since httpx would tidy the path up.
    response = await services.http.put(
        services.url, content=b"bytes", extensions={"target": target.encode()}
    )

    assert response.status_code == (422 if is_signed else 403), response.text
    assert list(services.artifacts_folder.parent.rglob("escaped")) == []


async def test_upload_that_arrives_damaged_is_refused(services: Services, agent: FakeAgent):
    started = await begin(services, agent, "train")
    url = granted_upload(started)

    assert await put_file(services, url, **{"X-Content-SHA256": DIGEST}) == 422
    folder = services.artifacts_folder / started.grant.run_id
    assert [path for path in folder.rglob("*") if path.is_file()] == []
