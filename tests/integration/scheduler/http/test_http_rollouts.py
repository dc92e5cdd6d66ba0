"""Pins, canaries and archived jobs: what config-api stores decides the version of new runs."""

import json
from collections.abc import Sequence

import pytest

from mlmon_shared.clients.config_api import revision_of
from mlmon_shared.errors import InvalidRequestError
from mlmon_shared.ids import new_id
from mlmon_shared.wire.batches import BatchItem, BatchSubmission
from mlmon_shared.wire.catalog import ApplyResult
from mlmon_shared.wire.rollouts import CanaryRequest, PinRequest
from mlmon_shared.wire.runs import RunSubmission
from mlmon_shared.wire.states import RunState
from tests.integration.scheduler.http.agents import FakeAgent
from tests.integration.scheduler.http.services import Services
from tests.integration.scheduler.http.waiting import in_state

pytestmark = pytest.mark.asyncio(loop_scope="session")

CLIENTS = ("acme", "bolt", "coda")


async def save(services: Services, name: str, canary: CanaryRequest | None = None) -> ApplyResult:
    """Save one more version of a job."""
    content = json.dumps({"name": name, "image": f"{new_id()}:1", "command": ["x"]}).encode()
    return await services.config_api.apply_job_definition(content, canary=canary)


async def versions(services: Services, name: str, after: Sequence[ApplyResult]) -> list[int]:
    """The version that each client's next run gets, once the scheduler knows the changes."""
    scheduler = services.scheduler
    scheduler.config_revision = revision_of(after)
    runs = [
        await scheduler.submit_run(RunSubmission(job=name, client=client)) for client in CLIENTS
    ]
    return [run.version for run in runs]


async def test_pinned_and_trying_clients_get_their_versions(services: Services):
    name = f"tried-{new_id()}"
    await save(services, name)
    await save(services, name)
    tried = await save(services, name, CanaryRequest(clients=["bolt", "coda"]))
    pinned = await services.config_api.put_pin(name, "coda", PinRequest(version=1))

    assert await versions(services, name, [tried, pinned]) == [2, 3, 1]
    promoted = await services.config_api.promote_canary(name)
    assert await versions(services, name, [promoted]) == [3, 3, 1]
    unpinned = await services.config_api.delete_pin(name, "coda")
    assert await versions(services, name, [unpinned]) == [3, 3, 3]


async def test_canary_that_is_rolled_back_is_used_no_more(services: Services):
    name = f"rolled-back-{new_id()}"
    await save(services, name)
    tried = await save(services, name, CanaryRequest(percent=100))

    assert await versions(services, name, [tried]) == [2, 2, 2]
    rolled_back = await services.config_api.delete_canary(name)
    assert await versions(services, name, [rolled_back]) == [1, 1, 1]


async def test_items_of_a_batch_choose_by_client_too(services: Services, agent: FakeAgent):
    name = f"batch-{new_id()}"
    await save(services, name)
    tried = await save(services, name, CanaryRequest(clients=["bolt"]))
    scheduler = services.scheduler
    scheduler.config_revision = revision_of([tried])

    batch = await scheduler.submit_batch(
        BatchSubmission(
            items=[BatchItem(key=client, job=name, client=client) for client in CLIENTS]
        )
    )

    found = [(await services.run_of(batch, client)).version for client in CLIENTS]
    assert found == [1, 2, 1]


async def test_archived_job_is_not_submitted_and_its_runs_go_on(
    services: Services, agent: FakeAgent
):
    name = f"archived-{new_id()}"
    saved = await save(services, name)
    scheduler = services.scheduler
    scheduler.config_revision = revision_of([saved])
    waiting = await scheduler.submit_run(RunSubmission(job=name, client="acme"))
    archived = await services.config_api.archive_job_definition(name)
    scheduler.config_revision = revision_of([archived])

    with pytest.raises(InvalidRequestError, match=f"mlmon jobs restore {name}"):
        await scheduler.submit_run(RunSubmission(job=name, client="acme"))

    await agent.report(await agent.start())
    await in_state(services, waiting.id, RunState.SUCCEEDED)
    restored = await services.config_api.restore_job_definition(name)
    scheduler.config_revision = revision_of([restored])
    again = await scheduler.submit_run(RunSubmission(job=name, client="acme"))
    assert again.version == 1
