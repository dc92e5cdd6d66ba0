"""A Redis that came back as it was some time ago, and one that two versions write to."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any

import pytest
import pytest_asyncio
import redis.asyncio

from mlmon_scheduler.adapters.redis import recovery_store, scripts
from mlmon_scheduler.adapters.redis.libraries import RedisLibraries
from mlmon_scheduler.domain.recovery import Phase
from mlmon_scheduler.loops.drop_libraries import DropLibraries
from mlmon_shared.errors import StoreUnavailableError
from mlmon_shared.wire.states import AttemptState, RunState
from tests.integration.recovery.shards import YOUNG_SECONDS, Shard, result_of

Copy = Mapping[bytes, bytes]


class Backups:
    """Copies of all that a Redis holds."""

    def __init__(self, client: redis.asyncio.Redis) -> None:
        self._client = client

    async def take(self) -> Copy:
        names = [name async for name in self._client.scan_iter(count=1000)]
        return {name: await self._client.dump(name) or b"" for name in names}

    async def bring_back(self, copy: Copy) -> None:
        await self._client.flushall()
        for name, dumped in copy.items():
            await self._client.restore(name, 0, dumped)


@pytest_asyncio.fixture
async def backups(redis_url: str) -> AsyncIterator[Backups]:
    client = redis.asyncio.Redis.from_url(redis_url)
    yield Backups(client)
    await client.aclose()


async def see_all(shard: Shard) -> None:
    """As the event hub of this replica does."""
    epoch = await shard.runs.find_epoch()
    newest: Any = await shard.redis.xrevrange(f"{{s0}}:events:{epoch}", count=1)
    shard.watch.note(epoch or 0, newest[0][0])


async def reconnect(shard: Shard) -> None:
    """As after a restart of the store, which breaks every connection."""
    await shard.redis.connection_pool.disconnect()
    with pytest.raises(StoreUnavailableError, match="older than it was"):
        await shard.runs.find_epoch()


async def open_again(shard: Shard) -> None:
    shard.clock.advance(YOUNG_SECONDS + 1)
    await shard.recover()


async def test_older_store_gets_no_call_before_it_was_recovered(shard: Shard, backups: Backups):
    run_id = await shard.submit()
    copy = await backups.take()
    granted = await shard.start(await shard.agent())
    await see_all(shard)
    await shard.history.drain()

    await backups.bring_back(copy)
    await reconnect(shard)
    with pytest.raises(StoreUnavailableError, match="older than it was"):
        await shard.submit()
    await shard.recover()

    assert (await shard.runs.find_epoch()) == 2
    agent = await shard.agent()
    await shard.sync(agent, granted)
    run = await shard.document(run_id)
    assert (run.state, run.attempts[0].fence) == ("running", granted.fence)
    assert len([each async for each in shard.free.scan_iter(match="{s0}:q:*")]) == 0


async def test_event_that_is_seen_while_one_connects_is_not_missing(shard: Shard):
    await shard.submit()
    await see_all(shard)

    class Slow(redis.asyncio.UnixDomainSocketConnection):
        """Another task sees a newer event before this one has read its answer."""

        async def read_response(self, *args: Any, **options: Any) -> Any:
            answer = await super().read_response(*args, **options)
            if isinstance(answer, list):
                shard.watch.note(1, "99999999999999-0")
            return answer

    options = shard.free.connection_pool.connection_kwargs
    pool = redis.asyncio.ConnectionPool(
        connection_class=Slow,
        **options | {"redis_connect_func": shard.watch.on_connect},
    )
    async with redis.asyncio.Redis(connection_pool=pool) as client:
        assert await client.ping()
    await pool.aclose()

    assert not shard.watch.is_behind


async def test_final_runs_of_an_older_store_stay_final(shard: Shard, backups: Backups):
    run_id, other = await shard.submit(), await shard.submit(client="bolt")
    copy = await backups.take()
    agent = await shard.agent()
    await shard.finish(agent, await shard.start(agent))
    await see_all(shard)
    await shard.history.drain()

    await backups.bring_back(copy)
    await reconnect(shard)
    await shard.recover()
    await open_again(shard)
    agent = await shard.agent()
    await shard.sync(agent)
    leased = await shard.lease(agent, maximum=5)

    assert [each.run_id for each in leased] == [other]
    assert (await shard.document(run_id)).state is RunState.SUCCEEDED
    assert len((await shard.document(run_id)).attempts) == 1


async def test_report_writer_tells_a_replica_that_remembers_nothing(shard: Shard, backups: Backups):
    run_id = await shard.submit()
    copy = await backups.take()
    agent = await shard.agent()
    await shard.finish(agent, await shard.start(agent))
    await shard.history.drain()
    await backups.bring_back(copy)

    # Not yet found out: what is written now has no future.
    agent = await shard.agent()
    await shard.start(agent)
    await shard.history.drain()
    shard.clock.advance(10)
    await shard.recover()

    assert (await shard.runs.find_epoch()) == 2
    assert (await shard.document(run_id)).state is RunState.SUCCEEDED


async def test_store_is_verified_later_when_report_writer_is_away(shard: Shard, backups: Backups):
    await shard.submit()
    copy = await backups.take()
    await shard.submit(client="bolt")
    await shard.history.drain()
    await backups.bring_back(copy)
    shard.history.is_away = True
    await shard.history.drain()
    shard.clock.advance(10)
    await shard.recover()

    assert await shard.submit(client="coda")
    assert (await shard.runs.find_epoch()) == 1

    shard.history.is_away = False
    await shard.history.drain()
    shard.clock.advance(10)
    await shard.recover()
    assert (await shard.runs.find_epoch()) == 2


async def test_result_accepted_after_the_copy_survives_in_the_journal(
    shard: Shard, backups: Backups
):
    run_id = await shard.submit()
    agent = await shard.agent()
    granted = await shard.start(agent)
    await shard.history.drain()
    copy = await backups.take()
    await shard.finish(agent, granted)
    await see_all(shard)

    await backups.bring_back(copy)
    await reconnect(shard)
    await shard.recover()
    answer = await shard.sync(await shard.agent(), results=[result_of(granted)])

    assert [each.status for each in answer.answers] == ["accepted"]
    run = await shard.document(run_id)
    assert (run.state, run.attempts[0].state) == (RunState.SUCCEEDED, AttemptState.SUCCEEDED)


async def test_postgres_that_is_older_than_the_stream_costs_no_live_run(shard: Shard):
    run_id = await shard.submit()
    await shard.history.drain()
    await shard.submit(client="bolt")
    # History stands at an event that was trimmed, as events that it had read are.
    await shard.free.xtrim("{s0}:events:1", maxlen=1, approximate=False)
    await shard.history.drain()
    shard.clock.advance(10)
    await shard.recover()

    assert (await shard.runs.find_epoch()) == 1
    assert (await shard.document(run_id)).state is RunState.QUEUED


@pytest.fixture
def use_version(monkeypatch: pytest.MonkeyPatch, shard: Shard) -> Callable[[str], Awaitable[bool]]:
    """Say that a replica of this version is alive; True when it may write."""

    async def use(version: str) -> bool:
        store = recovery_store.RedisRecoveryStore(
            shard.free, scripts.Scripts(shard.free, now_ms=shard.clock.now_ms), "replica-9"
        )
        monkeypatch.setattr(recovery_store, "bundle_hash", lambda: version)
        return await store.use_bundle()

    return use


async def test_newer_version_takes_over_and_the_older_refuses_to_write(
    shard: Shard, use_version: Callable[[str], Awaitable[bool]]
):
    assert await use_version("newer")

    with pytest.raises(StoreUnavailableError, match="newer version"):
        await shard.submit()


async def test_older_version_takes_over_again_once_no_newer_one_is_alive(
    shard: Shard, use_version: Callable[[str], Awaitable[bool]]
):
    own = scripts.bundle_hash()
    assert await use_version("newer")
    assert not await use_version(own)

    await shard.free.delete("{s0}:bundle_alive")

    assert await use_version(own)
    assert await shard.submit()


async def test_scripts_that_were_replaced_a_day_ago_are_deleted(
    shard: Shard, use_version: Callable[[str], Awaitable[bool]]
):
    await shard.submit()
    own = f"mlmon_{scripts.bundle_hash()}"
    older = "#!lua name=mlmon_older\nredis.register_function('older', function() return 1 end)"
    await shard.free.function_load(older)
    for version in ("older", scripts.bundle_hash()):
        await shard.free.delete("{s0}:bundle_alive")
        assert await use_version(version)
    loop = DropLibraries(RedisLibraries(scripts.Scripts(shard.free, now_ms=shard.clock.now_ms)))

    async def names() -> set[str]:
        return {library[1] for library in await shard.free.execute_command("FUNCTION LIST")}

    shard.clock.advance(24 * 3600 - 1)
    await loop.tick()
    assert await names() == {own, "mlmon_older"}
    shard.clock.advance(1)
    await loop.tick()
    assert await names() == {own}


async def test_phases_are_left_only_by_who_is_in_them(shard: Shard):
    store = shard.recoverer("replica-1")._store

    assert not await store.advance(Phase.SYNCING, None)
