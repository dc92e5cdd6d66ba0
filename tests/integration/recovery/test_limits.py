"""Attempts of before a recovery have the limits that they had."""

import pytest

from mlmon_scheduler.loops.expire_timeouts import ExpireTimeouts
from mlmon_shared.wire.agent_protocol import Beat, DirectiveKind
from tests.integration.recovery.shards import POOL, Shard, held_of


@pytest.mark.parametrize("does_history_know", [True, False])
async def test_recovered_attempt_is_stopped_by_the_server_when_its_agent_does_not(
    shard: Shard, *, does_history_know: bool
):
    await shard.submit("brief")
    await shard.history.drain()
    granted = await shard.start(await shard.agent())
    if does_history_know:
        await shard.history.drain()
    await shard.flush()
    await shard.recover()
    agent = await shard.agent()
    await shard.sync(agent, granted)
    loop = ExpireTimeouts(shard.leases, shard.completer)
    beat = Beat(session=agent.session.session, held=[held_of(granted)])
    orders: dict[int, list[DirectiveKind]] = {}

    for second in range(0, 120, 3):
        answer = await shard.agents.beat(agent.session, beat)
        orders[second] = [directive.kind for directive in answer.directives]
        await loop.tick()
        shard.clock.advance(3)

    # A minute by its definition, and the margin: the pool's grace and 30 s.
    first = min(second for second, kinds in orders.items() if kinds)
    assert orders[first] == [DirectiveKind.KILL]
    assert 60 + POOL.kill_grace + 30 <= first <= 60 + POOL.kill_grace + 36
