"""Holding, releasing and reprioritising batches that take more than one request."""

import pytest

from mlmon_scheduler.adapters.redis.batch_changes import RedisBatchChanges
from mlmon_scheduler.adapters.redis.keys import key
from mlmon_scheduler.adapters.redis.scripts import Scripts
from mlmon_scheduler.application.hold_runs import RunHolder
from mlmon_scheduler.application.stored import BatchChange
from mlmon_scheduler.loops.change_batches import ChangeBatches
from mlmon_shared.principals import Principal
from mlmon_shared.wire.actions import Action
from tests.integration.scheduler.conftest import Queue
from tests.integration.scheduler.large_batches import load_places
from tests.integration.scheduler.readers import live_reader
from tests.integration.scheduler.recording import recorder

LARGE = 2500
SAM = Principal(token_id="token", name="sam", scopes=frozenset())


class Changing:
    """The use case and its loop, as a replica has them."""

    def __init__(self, queue: Queue) -> None:
        self.queue = queue
        reader = live_reader(queue.runs, queue.redis)
        scripts = Scripts(queue.redis, now_ms=queue.clock.now_ms)
        self.store = RedisBatchChanges(scripts)
        self.holder = RunHolder(queue.runs, self.store, reader, recorder(scripts, queue.runs))
        self.loop = ChangeBatches(self.holder)

    async def finish(self) -> None:
        while await self.loop.tick():
            pass
        assert await self.queue.redis.exists(key("changing")) == 0

    async def counts(self) -> dict[str, int]:
        batch = await self.queue.runs.find_batch("batch")
        assert batch is not None
        return {state: number for state, number in batch.counts.items() if number}


@pytest.fixture
async def changing(queue: Queue) -> Changing:
    await queue.open_batch("batch", total=LARGE)
    await load_places(queue, range(LARGE))
    await queue.runs.seal_batch("batch")
    return Changing(queue)


async def test_small_batch_is_held_when_the_caller_hears_of_it(queue: Queue):
    await queue.open_batch("batch", total=150)
    await load_places(queue, range(150))
    await queue.runs.seal_batch("batch")
    changing = Changing(queue)

    held = await changing.holder.hold_batch("batch", SAM)
    released = await changing.holder.release_batch("batch", SAM)

    assert (held.counts, held.is_changing) == ({"held": 150}, False)
    assert (released.counts, released.is_changing) == ({"queued": 150}, False)
    assert not await changing.loop.tick()
    assert await queue.redis.exists(key("changing")) == 0


async def test_rest_of_a_large_batch_is_held_by_the_loop_of_any_replica(
    queue: Queue, changing: Changing
):
    batch = await changing.holder.hold_batch("batch", SAM)

    assert batch.is_changing
    assert batch.counts == {"queued": 500, "held": 2000}
    # What would start first is held first.
    assert await queue.state("run-0") == "held"
    restarted = Changing(queue)
    await restarted.finish()
    assert await changing.counts() == {"held": LARGE}
    assert (await queue.fields("run-2499"))["reason"] == "Held by sam."


async def test_later_change_takes_the_place_of_an_earlier_one(queue: Queue, changing: Changing):
    await changing.holder.hold_batch("batch", SAM)
    batch = await changing.holder.release_batch("batch", SAM)
    assert batch.counts == {"queued": LARGE}

    await changing.finish()

    assert await changing.counts() == {"queued": LARGE}


async def test_changes_of_different_aspects_are_all_done(queue: Queue, changing: Changing):
    await changing.holder.hold_batch("batch", SAM)
    batch = await changing.holder.reprioritise_batch("batch", 900, SAM)
    assert batch.is_changing

    await changing.finish()

    assert await changing.counts() == {"held": LARGE}
    assert {(await queue.fields(f"run-{n}"))["priority"] for n in (0, 1999, 2000, 2499)} == {"900"}


async def test_note_of_a_change_that_was_replaced_changes_nothing(queue: Queue, changing: Changing):
    await changing.store.ask("batch", BatchChange(Action.HELD, "sam"))
    (old,) = await changing.store.list_changes("batch")
    await changing.store.ask("batch", BatchChange(Action.RELEASED, "kim"))

    await changing.store.note("batch", old, 100)
    await changing.store.note("batch", old, None)

    assert await changing.store.list_changes("batch") == [BatchChange(Action.RELEASED, "kim")]
    assert await changing.store.list_batches() == ["batch"]


async def test_batch_that_is_forgotten_meanwhile_holds_up_no_other(
    queue: Queue, changing: Changing
):
    await changing.holder.hold_batch("batch", SAM)
    await queue.redis.delete(key("batch", "batch"))

    await changing.store.ask("batch", BatchChange(Action.RELEASED, "kim"))
    await changing.finish()

    assert await queue.redis.exists(key("batch", "batch")) == 0
