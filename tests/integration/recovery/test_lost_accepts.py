"""Acceptances that were lost with Redis."""

from mlmon_shared.wire.states import RunState
from tests.integration.recovery.shards import Shard
from tests.integration.recovery.test_wiped import wipe


async def test_success_counts_although_history_never_saw_its_accept(shard: Shard):
    run_id = await shard.submit()
    agent = await shard.agent()
    (granted,) = await shard.lease(agent)
    await shard.history.drain()
    await shard.accept(agent, granted)

    await wipe(shard, is_drained=False)
    assert (await shard.document(run_id)).state is RunState.LEASED

    assert await shard.finish(await shard.agent(), granted) == "accepted"
    assert (await shard.document(run_id)).state is RunState.SUCCEEDED
