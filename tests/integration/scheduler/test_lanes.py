from collections import Counter

import pytest

from mlmon_scheduler.domain.lanes import PoolCaps
from mlmon_shared.wire.agent_protocol import Vector
from mlmon_shared.wire.states import Lane
from tests.integration.scheduler.conftest import Queue


async def grant_many(queue: Queue, count: int) -> list[str]:
    """Lease and end one run after the other; return their ids in order."""
    granted = []
    for _ in range(count):
        run = await queue.start()
        await queue.end(run)
        granted.append(run.run_id)
    return granted


async def test_critical_goes_before_everything(queue: Queue):
    await queue.add("high", lane="high", priority=1000)
    await queue.add("critical", lane="critical", priority=0)
    await queue.add_agent()

    assert await grant_many(queue, 2) == ["critical", "high"]


async def test_lanes_share_by_their_weights(queue: Queue):
    lanes = {"high": 64, "normal": 16, "low": 4, "backfill": 1}
    for lane in lanes:
        for number in range(90):
            await queue.add(f"{lane}-{number}", lane=lane, client=lane)
    await queue.add_agent()

    granted = await grant_many(queue, 85)

    assert Counter(run.split("-")[0] for run in granted) == lanes


async def test_lane_that_was_idle_has_no_claim_on_the_past(queue: Queue):
    for number in range(60):
        await queue.add(f"high-{number}", lane="high", client="high")
        await queue.add(f"low-{number}", lane="low", client="low")
    await queue.add_agent()
    await grant_many(queue, 34)
    for number in range(40):
        await queue.add(f"normal-{number}", lane="normal", client="normal")

    granted = await grant_many(queue, 21)

    shares = Counter(run.split("-")[0] for run in granted)
    assert 3 <= shares["normal"] <= 5


async def test_lanes_that_share_nothing_do_not_wait_for_each_other(queue: Queue):
    await queue.add("backfill", lane="backfill")
    await queue.add_agent()

    assert await grant_many(queue, 1) == ["backfill"]


async def capped(queue: Queue, share: float, *, lane: Lane = Lane.CRITICAL, slots: int = 4) -> None:
    await queue.add_agent(slots=slots)
    capacity = Vector(cpu_milli=slots * 1000, memory=slots * 2**30)
    await queue.order.cap_lanes([PoolCaps("cpu", {lane: share}, capacity)])


async def lanes_granted(queue: Queue, count: int) -> list[str]:
    return [run.run_id.split("-")[0] for run in await queue.lease(maximum=count)]


async def fill(queue: Queue, *lanes: str) -> None:
    for number in range(6):
        for lane in lanes:
            await queue.add(f"{lane}-{number}", lane=lane)


async def test_critical_runs_beyond_their_share_go_last(queue: Queue):
    await fill(queue, "critical", "low")
    await capped(queue, 0.5)

    assert await lanes_granted(queue, 3) == ["critical", "critical", "low"]
    assert await lanes_granted(queue, 1) == ["low"]


async def test_critical_runs_take_what_nobody_else_waits_for(queue: Queue):
    await fill(queue, "critical")
    await capped(queue, 0.25)

    assert await lanes_granted(queue, 4) == ["critical"] * 4


async def test_critical_goes_first_again_once_one_of_its_runs_ended(queue: Queue):
    await fill(queue, "critical", "low")
    await capped(queue, 0.5)
    critical, _, low, _ = await queue.lease(maximum=4)
    for run in (critical, low):
        await queue.accept("agent", run.run_id, run.attempt, run.fence)
    await queue.end(low)

    assert await lanes_granted(queue, 1) == ["low"]

    await queue.end(critical)

    assert await lanes_granted(queue, 1) == ["critical"]


@pytest.mark.parametrize("shares", [{}, {Lane.CRITICAL: 1.0}])
async def test_critical_without_a_cap_goes_first_always(queue: Queue, shares: dict[Lane, float]):
    await fill(queue, "critical", "low")
    await capped(queue, 0.25)
    await queue.order.cap_lanes([PoolCaps("cpu", shares, Vector(cpu_milli=4000))])

    assert await lanes_granted(queue, 4) == ["critical"] * 4


async def test_cap_of_one_pool_does_not_bind_another(queue: Queue):
    await fill(queue, "critical", "low")
    await capped(queue, 0.25)
    await queue.add_agent("other", pool="elsewhere", slots=2)

    granted = await queue.lease("other", 2)

    assert [run.run_id.split("-")[0] for run in granted] == ["critical", "critical"]
    assert await lanes_granted(queue, 2) == ["critical", "low"]


async def test_any_lane_may_have_a_share_beyond_which_it_goes_last(queue: Queue):
    await fill(queue, "high", "backfill")
    await capped(queue, 0.5, lane=Lane.HIGH)

    # By their weights alone, three of four would be high.
    assert Counter(await lanes_granted(queue, 4)) == {"high": 2, "backfill": 2}


async def test_lane_within_its_share_goes_on_once_one_of_its_runs_ended(queue: Queue):
    await fill(queue, "high", "backfill")
    await capped(queue, 0.5, lane=Lane.HIGH)
    leased = {run.run_id.split("-")[0]: run for run in await queue.lease(maximum=4)}
    high, backfill = leased["high"], leased["backfill"]
    for run in (high, backfill):
        await queue.accept("agent", run.run_id, run.attempt, run.fence)
    await queue.end(backfill)
    assert await lanes_granted(queue, 1) == ["backfill"]

    await queue.end(high)

    assert await lanes_granted(queue, 1) == ["high"]
