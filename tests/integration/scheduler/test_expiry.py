"""Silence counts only while agents could be heard."""

from collections.abc import Callable
from pathlib import Path

import pytest

from mlmon_scheduler.adapters.folder_artifacts import FolderArtifactStore
from mlmon_scheduler.adapters.redis.lease_store import RedisLeaseStore
from mlmon_scheduler.application.complete_attempts import AttemptCompleter
from mlmon_scheduler.application.decide_endings import EndingDecider
from mlmon_scheduler.application.hearing import Hearing
from mlmon_scheduler.domain.signatures import Signer
from mlmon_scheduler.loops.expire_agents import ExpireAgents
from mlmon_scheduler.loops.expire_grants import ExpireGrants
from mlmon_shared.clocks import Clock
from mlmon_shared.testing.clocks import FakeClock
from mlmon_shared.wire.job_definitions import Retries
from tests.integration.scheduler.conftest import ACCEPT_SECONDS, Queue

DEADLINE_SECONDS = 60


class OtherClock(FakeClock):
    """The clock of the scheduler's process, which stands beside Redis' own."""


class TroubledStore(RedisLeaseStore):
    """A store that stands still, or is restarted, when a test says so.

    Attributes:
        on_list: Called while expired agents are listed.
        instance: Replaces the name of the store's process.
    """

    on_list: Callable[[], None] = staticmethod(lambda: None)
    instance = ""

    async def look(self) -> tuple[str, int]:
        instance, now_ms = await super().look()
        return self.instance or instance, now_ms

    async def list_expired_agents(self, limit: int, *, heard_since_ms: int) -> list[str]:
        self.on_list()
        return await super().list_expired_agents(limit, heard_since_ms=heard_since_ms)


MakeLoop = Callable[[Clock], ExpireAgents]


@pytest.fixture
def store(queue: Queue) -> TroubledStore:
    return TroubledStore(
        queue.redis, queue.leases._scripts, accept_seconds=ACCEPT_SECONDS, spill_after_seconds=60.0
    )


@pytest.fixture
def make_loop(queue: Queue, store: TroubledStore, tmp_path: Path) -> MakeLoop:
    async def retries_of(job: str, version: int) -> Retries:
        return Retries()

    def make(clock: Clock) -> ExpireAgents:
        artifacts = FolderArtifactStore(tmp_path, Signer("k" * 32), clock, limit=1)
        decider = EndingDecider(queue.runs, retries_of, lambda _: [], lambda: 0.5)
        completer = AttemptCompleter(queue.runs, store, artifacts, decider)
        return ExpireAgents(store, completer, Hearing(store, clock))

    return make


async def tick_for(loop: ExpireAgents | ExpireGrants, queue: Queue, seconds: int) -> None:
    for _ in range(seconds):
        queue.clock.advance(1)
        await loop.tick()


async def test_silent_agent_is_lost_at_its_deadline(queue: Queue, make_loop: MakeLoop):
    loop = make_loop(queue.clock)
    await queue.add("run")
    await queue.add_agent()
    await loop.tick()
    await queue.start()

    await tick_for(loop, queue, DEADLINE_SECONDS - 1)
    assert await queue.state("run") == "running"

    await tick_for(loop, queue, 2)
    assert await queue.state("run") == "delayed"


async def test_scheduler_that_starts_hears_agents_for_one_deadline_first(
    queue: Queue, make_loop: MakeLoop
):
    await queue.add("run")
    await queue.add_agent()
    await queue.start()
    queue.clock.advance(10 * DEADLINE_SECONDS)
    loop = make_loop(queue.clock)

    await tick_for(loop, queue, DEADLINE_SECONDS)
    assert await queue.state("run") == "running"

    await tick_for(loop, queue, 2)
    assert await queue.state("run") == "delayed"


async def test_break_freezes_expiry_for_one_deadline(queue: Queue, make_loop: MakeLoop):
    loop = make_loop(queue.clock)
    await queue.add("run")
    await queue.add_agent()
    await queue.start()
    await tick_for(loop, queue, 5)
    queue.clock.advance(10 * DEADLINE_SECONDS)

    await tick_for(loop, queue, DEADLINE_SECONDS)
    assert await queue.state("run") == "running"

    await tick_for(loop, queue, 2)
    assert await queue.state("run") == "delayed"


async def test_store_that_stands_still_while_it_is_asked_loses_nobody(
    queue: Queue, make_loop: MakeLoop, store: TroubledStore
):
    loop = make_loop(queue.clock)
    await queue.add("run")
    await queue.add_agent()
    await queue.start()
    await tick_for(loop, queue, DEADLINE_SECONDS - 5)

    store.on_list = lambda: queue.clock.advance(20)
    await loop.tick()

    assert await queue.state("run") == "running"


async def test_jump_of_the_stores_clock_loses_nobody(queue: Queue, make_loop: MakeLoop):
    process_clock = OtherClock()
    loop = make_loop(process_clock)
    await queue.add("run")
    await queue.add_agent()
    await queue.start()
    await loop.tick()

    process_clock.advance(1)
    queue.clock.advance(10 * DEADLINE_SECONDS)
    await loop.tick()

    assert await queue.state("run") == "running"


async def test_restarted_store_loses_nobody(
    queue: Queue, make_loop: MakeLoop, store: TroubledStore
):
    loop = make_loop(queue.clock)
    await queue.add("run")
    await queue.add_agent()
    await queue.start()
    await tick_for(loop, queue, DEADLINE_SECONDS - 1)
    queue.clock.advance(2)

    store.instance = "another process"
    await loop.tick()

    assert await queue.state("run") == "running"


async def test_grant_is_overdue_only_if_it_could_have_been_accepted(queue: Queue):
    loop = ExpireGrants(queue.leases, Hearing(queue.leases, queue.clock))
    await queue.add("run")
    await queue.add_agent()
    await queue.lease()
    await loop.tick()
    queue.clock.advance(10 * ACCEPT_SECONDS)

    await tick_for(loop, queue, int(ACCEPT_SECONDS))
    assert await queue.state("run") == "leased"

    await tick_for(loop, queue, 2)
    assert await queue.state("run") == "queued"
