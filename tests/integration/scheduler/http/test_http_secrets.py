"""Secrets from config-api to the agent, and nowhere else."""

from typing import Any

import pytest
from pydantic import SecretStr
from redis.asyncio import Redis

from mlmon_shared.clients.config_api import revision_of
from mlmon_shared.errors import InvalidRequestError, StaleFenceError
from mlmon_shared.testing.polling import eventually
from mlmon_shared.wire.runs import RunDocument, RunSubmission
from mlmon_shared.wire.secrets import SecretRequest
from mlmon_shared.wire.states import RunState
from tests.integration.scheduler.http.agents import FakeAgent, result_of
from tests.integration.scheduler.http.services import ADMIN, Services

pytestmark = pytest.mark.asyncio(loop_scope="session")
VALUE = "hunter2-never-shown"


async def put(services: Services, name: str, value: str | None = VALUE, **fields: Any) -> int:
    secret = SecretStr(value) if value is not None else None
    request = SecretRequest(name=name, value=secret, **fields)
    return revision_of([await services.config_api.put_secret(request)])


async def apply_naming(services: Services, job: str, **more: Any) -> None:
    admin = services.transport("config-api", ADMIN)
    definition = {"name": job, "image": "i:1", "command": ["x"], "secrets": {"URL": job}, **more}
    await admin.send("POST", "/v1/job-definitions", json=definition)


async def submit_at(
    services: Services, revision: int, job: str, client: str = "acme"
) -> RunDocument:
    scheduler = services.client("submitter")
    scheduler.config_revision = revision
    return await scheduler.submit_run(RunSubmission(job=job, client=client))


async def test_attempt_gets_the_value_that_redis_and_events_never_have(
    services: Services, agent: FakeAgent
):
    await put(services, "given")
    await apply_naming(services, "given")
    run = await services.submit("given")

    started = await agent.accept(await agent.lease())
    await agent.send(result_of(started))

    assert started.spec.secrets == {"URL": VALUE}
    assert VALUE not in repr(started.spec)
    reader = services.client("reader")
    shown = [await reader.get_run(run.id), await reader.list_agents()]
    assert VALUE not in str(shown)
    async with Redis.from_url(services.redis_url, decode_responses=True) as redis:
        names = [str(name) async for name in redis.scan_iter(count=1000)]
        kept = [await _content(redis, name) for name in names]
    assert any("given" in content for content in kept)
    assert not any(VALUE in content for content in kept)


async def test_rotated_value_arrives_in_the_next_attempt(services: Services, agent: FakeAgent):
    await put(services, "rotated", "old")
    retries = {"rules": [{"exit_codes": [75], "action": "retry", "backoff": 0}]}
    await apply_naming(services, "rotated", retries=retries)
    run = await services.submit("rotated")
    first = await agent.accept(await agent.lease())

    # A submission at that revision makes the scheduler pull it.
    revision = await put(services, "rotated", "new")
    await submit_at(services, revision, "echo")
    await agent.fail(first, exit_code=75)
    specs = []

    async def is_again() -> bool:
        specs.append((await agent.start()).spec)
        return specs[-1].run_id == run.id

    await eventually(is_again)

    assert first.spec.secrets == {"URL": "old"}
    assert (specs[-1].attempt, specs[-1].secrets) == (2, {"URL": "new"})


async def test_submission_for_another_client_is_refused(services: Services):
    await put(services, "narrow", clients=["acme"])
    await apply_naming(services, "narrow")
    await services.submit("narrow", "acme")

    with pytest.raises(InvalidRequestError) as caught:
        await services.submit("narrow", "bolt")

    (fault,) = caught.value.errors
    assert fault["pointer"] == "/client"
    assert 'needs a secret that is not for the client "bolt"' in fault["detail"]
    assert 'the secret "' not in fault["detail"]


async def test_attempt_whose_secret_was_taken_away_fails_with_the_reason(
    services: Services, agent: FakeAgent
):
    await put(services, "taken")
    await apply_naming(services, "taken", retries={"infra": 0})
    run = await services.submit("taken")
    grant = await agent.lease()
    revision = await put(services, "taken", None, clients=["bolt"])
    await submit_at(services, revision, "echo", "bolt")

    with pytest.raises(StaleFenceError, match='needs a secret that is not for the client "acme"'):
        await agent.accept(grant)

    ended = await services.scheduler.get_run(run.id)
    assert ended.state is RunState.FAILED
    assert (ended.reason or "").startswith("A secret is missing: taken needs a secret that")


async def _content(redis: "Redis", name: str) -> str:
    kind = await redis.type(name)
    if kind == "string":
        return name + str(await redis.get(name))
    if kind == "hash":
        return name + str(await redis.hgetall(name))
    if kind == "stream":
        return name + str(await redis.xrange(name))
    if kind == "list":
        return name + str(await redis.lrange(name, 0, -1))
    if kind == "set":
        return name + str(await redis.smembers(name))
    return name + str(await redis.zrange(name, 0, -1))
