"""Runs that shall have ended by some time."""

import pytest
from prometheus_client import CollectorRegistry

from mlmon_scheduler.adapters.redis.deadline_store import RedisDeadlineStore
from mlmon_scheduler.adapters.redis.keys import key
from mlmon_scheduler.adapters.redis.scripts import Scripts
from mlmon_scheduler.application.configuration import Configuration
from mlmon_scheduler.application.stored import NewGroup
from mlmon_scheduler.application.watch_deadlines import DeadlineWatcher
from mlmon_scheduler.loops.inherit_priority import InheritPriority
from mlmon_scheduler.loops.watch_deadlines import LateMetric, WatchDeadlines
from tests.integration.scheduler.conftest import Queue
from tests.integration.scheduler.machine.wipes import Snapshots

HOUR = 3600.0


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


@pytest.fixture
def watcher(queue: Queue, registry: CollectorRegistry) -> DeadlineWatcher:
    snapshots = Snapshots()
    return DeadlineWatcher(
        RedisDeadlineStore(Scripts(queue.redis, now_ms=queue.clock.now_ms)),
        Configuration(snapshots, snapshots, queue.runs),
        LateMetric(registry).count,
    )


@pytest.fixture
def loop(watcher: DeadlineWatcher) -> WatchDeadlines:
    return WatchDeadlines(watcher)


def due_in(queue: Queue, seconds: float) -> dict[str, str]:
    at = queue.clock.now_ms() + round(seconds * 1000)
    return {"deadline": str(at), "deadline_outlook": "on_time"}


async def outlook(queue: Queue, run: str) -> tuple[str, str]:
    fields = await queue.fields(run)
    return fields["deadline_outlook"], fields["effective_lane"]


async def test_run_with_little_time_left_and_what_it_waits_for_go_first(
    queue: Queue, loop: WatchDeadlines
):
    await queue.add("train", job="train", client="acme", estimate=HOUR)
    await queue.add(
        "score", client="acme", edges=[("train", "succeeded")], estimate=HOUR,
        deadline=due_in(queue, 5 * HOUR), lane="low",
    )  # fmt: skip
    await queue.add("other", client="beta")
    await loop.tick()
    assert await outlook(queue, "score") == ("on_time", "low")

    queue.clock.advance(HOUR - 1)
    await loop.tick()
    assert await outlook(queue, "score") == ("on_time", "low")

    queue.clock.advance(2)
    await loop.tick()
    assert await outlook(queue, "score") == ("tight", "high")
    await InheritPriority(queue.order).tick()
    assert (await queue.fields("train"))["effective_lane"] == "high"
    await queue.add_agent(slots=1)
    assert [lease.run_id for lease in await queue.lease()] == ["train"]


async def test_predicted_miss_is_told_before_it_happens_and_once(
    queue: Queue, loop: WatchDeadlines, registry: CollectorRegistry
):
    await queue.add("run", estimate=HOUR, deadline=due_in(queue, HOUR - 60), lane="critical")
    before = await queue.events()

    await loop.tick()
    await loop.tick()

    assert await outlook(queue, "run") == ("late", "critical")
    (told,) = (await queue.events())[len(before) :]
    assert (told["id"], told["deadline_outlook"], told["state"]) == ("run", "late", "queued")
    assert registry.get_sample_value("mlmon_scheduler_deadlines_predicted_late_total") == 1


async def test_run_that_goes_faster_than_expected_is_on_time_again(
    queue: Queue, loop: WatchDeadlines
):
    await queue.add("train", job="train", estimate=2 * HOUR)
    await queue.add(
        "score", edges=[("train", "succeeded")], estimate=60.0, deadline=due_in(queue, HOUR)
    )
    await loop.tick()
    assert (await outlook(queue, "score"))[0] == "late"

    await queue.add_agent(slots=1)
    granted = await queue.start()
    await queue.end(granted, attempt_state="succeeded", run_state="succeeded")
    await queue.runs.fan_out(100)
    queue.clock.advance(300)
    await loop.tick()

    # It keeps the lane.
    assert await outlook(queue, "score") == ("on_time", "high")


async def test_started_run_counts_what_it_has_done(
    queue: Queue, loop: WatchDeadlines, watcher: DeadlineWatcher
):
    await queue.add("run", estimate=HOUR, deadline=due_in(queue, 3 * HOUR))
    await queue.add_agent(slots=1)
    await queue.start()
    queue.clock.advance(HOUR / 2)
    await loop.tick()

    found = await watcher.explain("run")

    assert found is not None
    assert found.slack_seconds == pytest.approx(2 * HOUR)


async def test_group_is_as_slow_as_its_slowest_member(queue: Queue, watcher: DeadlineWatcher):
    await queue.open_batch("batch", 3, [NewGroup("g1", "job", expected=2, percent=100)])
    await queue.add("short", estimate=60.0, groups=["g1"])
    await queue.add("long", estimate=HOUR, groups=["g1"])
    await queue.add(
        "report", edges=[("g:g1", "succeeded")], estimate=600.0, deadline=due_in(queue, 2 * HOUR)
    )

    found = await watcher.explain("report")

    assert found is not None
    assert found.slack_seconds == pytest.approx(HOUR - 600)


async def test_ended_runs_are_looked_at_no_more(queue: Queue, loop: WatchDeadlines):
    await queue.add("run", deadline=due_in(queue, HOUR))
    await queue.add("late", deadline=due_in(queue, -60))
    await queue.runs.cancel(["run"], "why")

    await loop.tick()

    assert await queue.redis.zcard(key("deadlines")) == 0
    assert (await outlook(queue, "late"))[0] == "late"
