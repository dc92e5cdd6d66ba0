"""Cancelling batches that take more than one request."""

import pytest

from mlmon_scheduler.adapters.redis.keys import key
from mlmon_scheduler.adapters.redis.scripts import Scripts
from mlmon_scheduler.application.cancel_runs import RunCanceller
from mlmon_scheduler.loops.cancel_batches import CancelBatches
from mlmon_shared.principals import Principal
from tests.integration.scheduler.conftest import Queue
from tests.integration.scheduler.large_batches import load_places
from tests.integration.scheduler.readers import live_reader
from tests.integration.scheduler.recording import recorder

LARGE = 2500
PRINCIPAL = Principal(token_id="token", name="sam", scopes=frozenset())


class Cancelling:
    """The use case and its loop."""

    def __init__(self, queue: Queue) -> None:
        self.queue = queue
        reader = live_reader(queue.runs, queue.redis)
        actions = recorder(Scripts(queue.redis, now_ms=queue.clock.now_ms), queue.runs)
        self.canceller = RunCanceller(queue.runs, reader, actions)
        self.loop = CancelBatches(queue.runs, self.canceller)

    async def counts(self) -> dict[str, int]:
        batch = await self.queue.runs.find_batch("batch")
        assert batch is not None
        return {state: number for state, number in batch.counts.items() if number}


@pytest.fixture
def cancelling(queue: Queue) -> Cancelling:
    return Cancelling(queue)


async def test_small_batch_is_cancelled_when_the_caller_hears_of_it(
    queue: Queue, cancelling: Cancelling
):
    await queue.open_batch("batch", total=150)
    await load_places(queue, range(150))
    await queue.runs.seal_batch("batch")

    batch = await cancelling.canceller.cancel_batch("batch", PRINCIPAL)

    assert (batch.counts, batch.is_cancelling, batch.outcome) == (
        {"cancelled": 150},
        False,
        "cancelled",
    )
    assert not await cancelling.loop.tick()


async def test_rest_of_a_large_batch_is_cancelled_by_the_loop_of_any_replica(
    queue: Queue, cancelling: Cancelling
):
    await queue.open_batch("batch", total=LARGE)
    await load_places(queue, range(LARGE))
    await queue.runs.seal_batch("batch")

    batch = await cancelling.canceller.cancel_batch("batch", PRINCIPAL)
    assert batch.is_cancelling
    assert batch.counts == {"queued": 500, "cancelled": 2000}
    assert (await queue.fields("run-500"))["reason"] == "Cancelled by sam."
    assert await queue.state("run-499") == "queued"

    restarted = Cancelling(queue)
    while await restarted.loop.tick():
        pass
    assert await cancelling.counts() == {"cancelled": LARGE}
    assert (await queue.fields("run-0"))["reason"] == "Cancelled by sam."
    assert await queue.redis.exists(key("cancelling")) == 0


async def test_asking_again_goes_on_from_where_it_is(queue: Queue, cancelling: Cancelling):
    await queue.open_batch("batch", total=LARGE)
    await load_places(queue, range(LARGE))
    await queue.runs.seal_batch("batch")

    await cancelling.canceller.cancel_batch("batch", PRINCIPAL)
    batch = await cancelling.canceller.cancel_batch("batch", PRINCIPAL)

    assert (batch.counts, batch.is_cancelling) == ({"cancelled": LARGE}, False)
    assert not await cancelling.loop.tick()


async def test_runs_loaded_between_others_meanwhile_make_the_canceller_miss_none(
    queue: Queue, cancelling: Cancelling
):
    await queue.open_batch("batch", total=LARGE)
    early = [place for place in range(LARGE) if place % 2]
    await load_places(queue, early)

    assert (await cancelling.canceller.cancel_batch("batch", PRINCIPAL)).is_cancelling
    await load_places(queue, [place for place in range(500) if place % 2 == 0])
    while await cancelling.loop.tick():
        pass

    states = [await queue.state(f"run-{place}") for place in early]
    assert set(states) == {"cancelled"}


async def test_batch_that_is_gone_is_not_waited_for(queue: Queue, cancelling: Cancelling):
    await queue.redis.zadd(key("cancelling"), {"gone": 1})

    assert await cancelling.loop.tick()
    assert not await cancelling.loop.tick()
