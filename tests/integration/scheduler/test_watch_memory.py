"""A Redis that fills up."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from mlmon_scheduler.adapters.redis.keys import key
from mlmon_scheduler.adapters.redis.memory_store import RedisMemoryStore
from mlmon_scheduler.adapters.redis.scripts import Scripts
from mlmon_scheduler.application.watch_memory import MemoryWatcher
from mlmon_scheduler.loops.load_batches import LoadBatches
from mlmon_scheduler.loops.watch_memory import WatchMemory
from mlmon_shared.errors import TooManyRequestsError
from mlmon_shared.wire.agent_protocol import Held
from mlmon_shared.wire.states import AttemptState
from tests.integration.scheduler.conftest import Queue


class Memory:
    """The limit, and the loop that looks at it."""

    def __init__(self, queue: Queue) -> None:
        self.queue = queue
        scripts = Scripts(queue.redis, now_ms=queue.clock.now_ms)
        self.watcher = MemoryWatcher(RedisMemoryStore(scripts))
        self.shares: list[float] = []
        self.loop = WatchMemory(self.watcher, self.shares.append)

    async def fill(self, share: float) -> None:
        # What the first calls load is in memory before it is measured.
        await self.loop.tick()
        used = int((await self.queue.redis.info("memory"))["used_memory"])
        await self.queue.redis.config_set("maxmemory", round(used / share) if share else 0)
        await self.loop.tick()


@pytest_asyncio.fixture
async def memory(queue: Queue) -> AsyncIterator[Memory]:
    made = Memory(queue)
    yield made
    await queue.redis.config_set("maxmemory", 0)


async def test_nothing_new_is_taken_from_four_fifths_on(queue: Queue, memory: Memory):
    await memory.fill(0.75)
    memory.watcher.check_room()
    assert memory.shares[-1] == pytest.approx(0.75, abs=0.04)

    await memory.fill(0.85)
    with pytest.raises(TooManyRequestsError, match=r"8\d% full") as caught:
        memory.watcher.check_room()
    assert caught.value.extras["retry_after_seconds"] == 30

    await memory.fill(0)
    memory.watcher.check_room()
    assert memory.shares[-1] == 0


async def test_batch_is_loaded_once_there_is_room(queue: Queue, memory: Memory):
    await queue.open_batch("batch", 1)
    await queue.redis.delete(key("items", "batch"))
    loop = LoadBatches(queue.runs, lambda: memory.watcher.has_room)

    await memory.fill(0.85)
    assert not await loop.tick()
    await memory.fill(0.5)
    assert await loop.tick()
    assert await queue.runs.list_loading() == []


async def test_history_is_told_how_attempts_end_and_not_how_they_go(queue: Queue, memory: Memory):
    await queue.add("run")
    await queue.add_agent()
    granted = await queue.start()

    async def beat(phase: AttemptState) -> None:
        held = Held(run_id="run", attempt=1, fence=granted.fence, phase=phase)
        await queue.leases.beat(
            "agent", "session-agent", [held], deadline_seconds=600, is_draining=False
        )

    await memory.fill(0.65)
    before = len(await queue.events("attempt"))
    await beat(AttemptState.RUNNING)
    assert len(await queue.events("attempt")) == before

    await queue.end(granted, attempt_state="succeeded", run_state="succeeded")
    assert (await queue.events("attempt"))[-1]["state"] == "succeeded"
    assert (await queue.events())[-1]["state"] == "succeeded"

    await memory.fill(0.5)
    await queue.add("other")
    other = await queue.start()
    held = Held(run_id="other", attempt=1, fence=other.fence, phase=AttemptState.RUNNING)
    await queue.leases.beat(
        "agent", "session-agent", [held], deadline_seconds=600, is_draining=False
    )
    assert (await queue.events("attempt"))[-1]["state"] == "running"
