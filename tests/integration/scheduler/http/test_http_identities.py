"""Agents that register by the signed identity of their EC2 instance, over HTTP."""

from typing import Any

import pytest

from mlmon_shared.clients.agent_protocol import PROTOCOL_HEADERS
from mlmon_shared.errors import ConflictError, ForbiddenError, UnauthenticatedError
from mlmon_shared.testing.polling import eventually
from mlmon_shared.wire.registrations import InstanceIdentity
from mlmon_shared.wire.states import RunState
from mlmon_worker_agent.adapters.server_probes import try_identity
from tests.instance_metadata import INSTANCE, Signed, authority, stranger
from tests.integration.scheduler.http.services import (
    NONCE,
    OwnServices,
    Services,
)

pytestmark = pytest.mark.asyncio(loop_scope="session")

OTHER_NONCE = "o" * 43


async def test_instance_registers_polls_and_runs_in_the_pool_that_takes_it(services: Services):
    run = await services.submit()
    agent = await services.instance_agent(authority().sign())
    assert (agent.registered.agent_id, agent.registered.pool) == (INSTANCE, "cpu")

    started = await agent.start()
    await agent.report(started)

    final = await services.scheduler.get_run(run.id)
    assert final.state is RunState.SUCCEEDED


async def test_one_authority_serves_two_pools_and_each_takes_its_own(services: Services):
    small = authority().sign(instanceId="i-22222222", region="eu-west-1", instanceType="t3.micro")
    agent = await services.instance_agent(small, pool="capped")
    assert (agent.registered.agent_id, agent.registered.pool) == ("i-22222222", "capped")

    with pytest.raises(
        ForbiddenError,
        match=f"pool capped does not take the instance {INSTANCE}: its region is eu-west-2, "
        "its type is g5.xlarge; ",
    ):
        await services.instance_agent(authority().sign(), pool="capped")


async def test_what_a_pool_takes_is_not_told_to_another_account(services: Services):
    foreign = authority().sign(accountId="999999999999", region="us-east-1")

    with pytest.raises(ForbiddenError) as refused:
        await services.instance_agent(foreign, pool="capped")

    assert "its account is 999999999999" in refused.value.detail
    for secret in ("123456789012", "eu-west", "t3", "region", "us-east-1"):
        assert secret not in refused.value.detail


@pytest.mark.parametrize("pool", ["brief", "missing"])
async def test_pool_without_instances_is_as_one_that_is_not_there(services: Services, pool: str):
    with pytest.raises(ForbiddenError, match=f"no pool {pool} takes agents by the identity"):
        await services.instance_agent(authority().sign(), pool=pool)


@pytest.mark.parametrize(
    "signed",
    [
        stranger().sign(),
        Signed(authority().sign(instanceId="i-22222222").document, authority().sign().signature),
        Signed(authority().sign().document, "rubbish"),
        authority().sign("no document"),
    ],
    ids=["stranger", "changed", "rubbish", "no-document"],
)
async def test_what_is_not_signed_by_a_pinned_authority_is_unauthenticated(
    services: Services, signed: Signed
):
    with pytest.raises(UnauthenticatedError):
        await services.instance_agent(signed)

    assert (await services.scheduler.list_agents()).items == []


async def test_copied_document_does_not_take_the_place_of_a_living_agent(services: Services):
    agent = await services.instance_agent(authority().sign())
    run = await services.submit()
    started = await agent.start()

    # A boot that is new would lose what the agent holds, if the copy were taken for it.
    with pytest.raises(ConflictError, match=f"another agent is registered as {INSTANCE}"):
        await services.instance_agent(authority().sign(), nonce=OTHER_NONCE, boot_id="boot-2")
    with pytest.raises(ConflictError):
        await services.agent(agent_id=INSTANCE)

    assert (await agent.beat()).directives == []
    assert (await services.scheduler.get_run(run.id)).attempts[0].state == "preparing"
    await agent.report(started)
    again = await services.instance_agent(authority().sign(), boot_id="boot-2")
    assert again.registered.agent_id == INSTANCE


async def test_nonce_goes_with_the_agent(services: Services):
    agent = await services.instance_agent(authority().sign())
    await agent.client.deregister(agent.registered.session)

    other = await services.instance_agent(authority().sign(), nonce=OTHER_NONCE)

    assert other.registered.agent_id == INSTANCE
    with pytest.raises(ConflictError):
        await services.instance_agent(authority().sign())


async def test_nonce_binds_nobody_once_its_agent_is_lost(own_services: OwnServices):
    services = own_services
    pool = await services.config_api.get_pool("cpu")
    await services.config_api.put_pool(pool.model_copy(update={"stop_after": 2, "kill_grace": 0}))

    async def is_known() -> bool:
        agent = await services.instance_agent(authority().sign())
        return agent.registered.stop_after_seconds == 2

    await eventually(is_known, describe="the pool's patience is short")
    with pytest.raises(ConflictError):
        await services.instance_agent(authority().sign(), nonce=OTHER_NONCE)

    async def is_taken() -> bool:
        try:
            await services.instance_agent(authority().sign(), nonce=OTHER_NONCE)
        except ConflictError:
            return False
        return True

    assert await eventually(is_taken, within_seconds=20)


async def test_scheduler_without_certificates_takes_no_identity_and_says_so(
    own_services: OwnServices,
):
    await own_services.stop("scheduler")
    await own_services.start_scheduler(instance_certificates_file=None)

    with pytest.raises(ForbiddenError, match="set MLMON_SCHEDULER_INSTANCE_CERTIFICATES_FILE"):
        await own_services.instance_agent(authority().sign())
    assert (await own_services.agent()).registered.pool == "cpu"


async def ask(
    services: Services, identity: object, *, of: str = "scheduler", **headers: str
) -> tuple[int, dict[str, Any]]:
    response = await services.http.post(
        f"{services.urls[of]}/agent/v1/register",
        json={"identity": identity},
        headers=PROTOCOL_HEADERS | headers,
    )
    return response.status_code, response.json()


@pytest.mark.parametrize(
    ("identity", "status", "pointer"),
    [
        (None, 401, None),
        ({}, 422, "/identity/document"),
        ([], 422, "/identity"),
        ("x", 422, "/identity"),
        ({"document": "{}", "signature": "x", "pool": "cpu", "nonce": "short"}, 422, "/nonce"),
        ({"document": "{}", "signature": "x", "pool": "C P U", "nonce": NONCE}, 422, "/pool"),
        ({"document": "x" * 9000, "signature": "x", "pool": "cpu", "nonce": NONCE}, 422, "/docu"),
        ({"document": "{}", "signature": "x", "pool": "cpu", "nonce": NONCE}, 401, None),
    ],
)
async def test_malformed_identity_is_answered_by_what_is_wrong(
    services: Services, identity: object, status: int, pointer: str | None
):
    answered, problem = await ask(services, identity)

    assert answered == status
    if pointer is not None:
        assert any(pointer in fault["pointer"] for fault in problem["errors"])


async def test_token_decides_where_both_are_shown(services: Services):
    signed = authority().sign()
    identity = {
        "document": signed.document, "signature": signed.signature, "pool": "cpu", "nonce": NONCE
    }  # fmt: skip
    agent = services.tokens["agent-capped"]

    refused, _ = await ask(services, identity, Authorization="Bearer mlm_unknown")
    incomplete, problem = await ask(services, identity, Authorization=f"Bearer {agent}")

    assert (refused, incomplete) == (401, 422)
    assert "identity" not in str(problem["errors"])


async def test_the_agent_s_doctor_tries_an_identity_and_registers_nobody(services: Services):
    signed = authority().sign()
    shown = InstanceIdentity(
        document=signed.document, signature=signed.signature, pool="cpu", nonce=OTHER_NONCE
    )

    await try_identity(services.url, shown)

    with pytest.raises(ForbiddenError):
        await try_identity(services.url, shown.model_copy(update={"pool": "brief"}))
    assert (await services.scheduler.list_agents()).items == []


async def test_too_many_bad_identities_of_one_address_have_to_wait(own_services: OwnServices):
    await own_services.start_scheduler("strict", failures_per_second=0.01, failures_burst=2)
    identity = {"document": "{}", "signature": "x", "pool": "cpu", "nonce": NONCE}
    statuses = [(await ask(own_services, identity, of="strict"))[0] for _ in range(3)]

    assert statuses == [401, 401, 429]
