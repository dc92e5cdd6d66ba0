"""Named resources and quotas: what config-api stores decides what may start."""

import pytest

from mlmon_shared.clients.config_api import revision_of
from mlmon_shared.errors import InvalidRequestError
from mlmon_shared.testing.polling import eventually
from mlmon_shared.wire.catalog import Client, NamedResource, Quotas
from mlmon_shared.wire.explanations import HindranceKind
from mlmon_shared.wire.runs import RunDocument, RunSubmission
from mlmon_shared.wire.states import RunState
from tests.integration.scheduler.http.agents import FakeAgent
from tests.integration.scheduler.http.services import Services
from tests.integration.scheduler.http.waiting import in_state

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def put_capacity(services: Services, name: str, capacity: int) -> int:
    resource = NamedResource(name=name, capacity=capacity)
    return revision_of([await services.config_api.put_resource(resource)])


async def apply_taking(services: Services, job: str, amount: int, *, of: str) -> None:
    admin = services.transport("config-api", "admin-secret")
    concurrency = {"resources": {of: amount}}
    definition = {"name": job, "image": "i:1", "command": ["x"], "concurrency": concurrency}
    await admin.send("POST", "/v1/job-definitions", json=definition)


async def submit_at(
    services: Services, revision: int, job: str, client: str = "acme"
) -> RunDocument:
    scheduler = services.client("submitter")
    scheduler.config_revision = revision
    return await scheduler.submit_run(RunSubmission(job=job, client=client))


async def test_raised_capacity_lets_a_parked_run_start(services: Services, agent: FakeAgent):
    await put_capacity(services, "warehouse", 1)
    await apply_taking(services, "query", 1, of="warehouse")
    first, second = [await services.submit("query") for _ in range(2)]
    await agent.accept(await agent.lease())
    assert (await agent.poll(seconds=0)).grants == []
    waiting = await in_state(services, second.id, RunState.PARKED)

    await put_capacity(services, "warehouse", 2)

    assert (await agent.lease()).run_id == waiting.id
    assert (await services.scheduler.get_run(first.id)).state is RunState.RUNNING


async def test_run_that_takes_more_than_the_capacity_is_refused(services: Services):
    await put_capacity(services, "narrow", 2)
    await apply_taking(services, "greedy", 2, of="narrow")
    revision = await put_capacity(services, "narrow", 1)

    with pytest.raises(InvalidRequestError) as caught:
        await submit_at(services, revision, "greedy")

    assert caught.value.errors == [
        {
            "pointer": "/job",
            "detail": "greedy could never start: it takes 2 of narrow, whose capacity is 1",
        }
    ]


async def test_run_that_takes_more_than_its_client_s_quota_is_refused(services: Services):
    small = Client(name="small", quotas=Quotas(memory=2**20))
    revision = revision_of([await services.config_api.put_client(small)])

    with pytest.raises(InvalidRequestError) as caught:
        await submit_at(services, revision, "echo", "small")

    (fault,) = caught.value.errors
    assert fault["pointer"] == "/client"
    assert "the quota of small is" in fault["detail"]


async def test_lifted_quota_lets_a_client_s_next_run_start(services: Services, agent: FakeAgent):
    limited = Client(name="limited", quotas=Quotas(runs=1))
    revision = revision_of([await services.config_api.put_client(limited)])
    first, second = [await submit_at(services, revision, "echo", "limited") for _ in range(2)]
    assert (await agent.lease()).run_id == first.id

    async def is_held_by_its_quota() -> bool:
        found = await services.scheduler.explain_run(second.id)
        return [each.kind for each in found.hindrances] == [HindranceKind.QUOTA]

    await eventually(is_held_by_its_quota, describe="the quota is applied")
    assert (await agent.poll(seconds=0)).grants == []

    await services.config_api.put_client(Client(name="limited"))

    assert (await agent.lease()).run_id == second.id


async def test_runs_submitted_right_after_a_limit_was_saved_go_by_it(
    services: Services, agent: FakeAgent
):
    limited = Client(name="limited-now", quotas=Quotas(runs=1))
    await services.config_api.put_client(Client(name="paused-now"))
    await services.config_api.put_client(limited)
    pause = await services.config_api.pause_client("paused-now", reason="unpaid")
    await submit_at(services, revision_of([pause]), "echo", "paused-now")
    first, *_ = [
        await submit_at(services, revision_of([pause]), "echo", "limited-now") for _ in range(3)
    ]

    grants = (await agent.poll(maximum=4, seconds=0)).grants

    assert [grant.run_id for grant in grants] == [first.id]


async def test_paused_client_s_runs_say_so_and_start_once_it_is_resumed(
    services: Services, agent: FakeAgent
):
    revision = revision_of([await services.config_api.put_client(Client(name="resting"))])
    await services.config_api.pause_client("resting", reason="unpaid")
    run = await submit_at(services, revision, "echo", "resting")

    async def says_that_it_is_paused() -> bool:
        found = await services.scheduler.explain_run(run.id)
        return [each.kind for each in found.hindrances] == [HindranceKind.PAUSED]

    await eventually(says_that_it_is_paused, describe="the pause is applied")
    assert (await agent.poll(seconds=0)).grants == []

    await services.config_api.resume_client("resting")

    assert (await agent.lease()).run_id == run.id
