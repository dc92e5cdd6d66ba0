"""Who may be registered as an agent that is bound to a nonce: what the store itself refuses."""

import pytest

from mlmon_shared.errors import ConflictError
from tests.integration.scheduler.conftest import Queue

PATIENCE = 60.0


async def register(queue: Queue, nonce: str, session: str = "other") -> None:
    fields = {"host": "h", "pool": "cpu", "boot_id": session, "labels": "{}"}
    await queue.leases.register_agent("agent", session, PATIENCE, fields, nonce_sha256=nonce)


async def find(queue: Queue, name: str) -> str:
    agent = await queue.leases.find_agent("agent")
    assert agent is not None
    return agent[name]


@pytest.mark.parametrize("other", ["b", ""])
async def test_bound_agent_is_nobody_else_s_and_stays_as_it_is(queue: Queue, other: str):
    await register(queue, "a", "first")
    # Its deadline has passed, but it has not been given up yet: it may only be slow.
    queue.clock.advance(2 * PATIENCE)

    with pytest.raises(ConflictError, match="another agent is registered as agent"):
        await register(queue, other)

    assert (await find(queue, "session"), await find(queue, "boot_id")) == ("first", "first")
    await register(queue, "a", "second")
    assert await find(queue, "session") == "second"


@pytest.mark.parametrize("is_leaving", [True, False])
async def test_agent_that_is_gone_or_lost_binds_nobody(queue: Queue, *, is_leaving: bool):
    await register(queue, "a", "first")
    queue.clock.advance(2 * PATIENCE)
    assert await queue.leases.is_awaited("agent")
    await queue.leases.forget_deadline("agent", is_leaving=is_leaving)
    assert not await queue.leases.is_awaited("agent")

    await register(queue, "b")

    assert await find(queue, "nonce_sha256") == "b"
    with pytest.raises(ConflictError):
        await register(queue, "a")


async def test_agent_with_a_token_is_bound_by_who_shows_an_identity(queue: Queue):
    await register(queue, "", "first")
    await register(queue, "a", "second")

    with pytest.raises(ConflictError):
        await register(queue, "", "third")
