"""Schedules after a Redis that lost everything."""

from tests.integration.recovery.shards import CLIENTS, YOUNG_SECONDS, Shard


async def test_schedule_makes_up_for_the_slot_that_passed_while_the_shard_was_lost(shard: Shard):
    assert await shard.fire() == []
    shard.clock.advance(3600)
    ((hour, runs),) = await shard.fire()
    assert runs == len(CLIENTS)
    await shard.history.drain()
    await shard.flush()
    shard.clock.advance(3600)

    await shard.recover()
    shard.clock.advance(YOUNG_SECONDS + 1)
    await shard.recover()

    ((missed, again),) = await shard.fire()
    assert (int(missed[:2]), again) == (int(hour[:2]) + 1, len(CLIENTS))
    await shard.history.drain()
    started = (await shard.history.list_runs(job="hourly")).items
    assert len(started) == len({(run.slot, run.client) for run in started}) == 2 * len(CLIENTS)
