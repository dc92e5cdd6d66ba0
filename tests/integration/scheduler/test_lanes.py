from collections import Counter

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
