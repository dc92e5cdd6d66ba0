"""Holding, releasing and reprioritising what waits."""

from mlmon_scheduler.adapters.redis.keys import key
from tests.integration.scheduler.conftest import Queue


async def test_held_run_is_not_leased_until_it_is_released(queue: Queue):
    await queue.add("run")
    await queue.add_agent()

    assert await queue.runs.hold(["run"], "Held by me.") == ["held"]
    assert await queue.lease(maximum=16) == []
    assert (await queue.fields("run"))["reason"] == "Held by me."
    assert await queue.runs.release(["run"]) == ["queued"]
    (granted,) = await queue.lease(maximum=16)
    assert granted.run_id == "run"


async def test_released_run_has_the_age_that_it_had(queue: Queue):
    await queue.add("old")
    await queue.runs.hold(["old"], "why")
    queue.clock.advance(60)
    await queue.add("young")
    await queue.runs.release(["old"])
    await queue.add_agent()

    first, second = await queue.lease(maximum=2)

    assert (first.run_id, second.run_id) == ("old", "young")


async def test_every_run_that_waits_is_held_and_goes_on_where_it_was(queue: Queue):
    await queue.add("queued")
    await queue.add("blocked", edges=[("queued", "succeeded")])
    await queue.add("delayed", not_before=queue.clock.now_ms() + 5000)
    runs = ["queued", "blocked", "delayed"]

    assert await queue.runs.hold(runs, "why") == ["held"] * 3
    assert await queue.redis.zcard(key("delayed")) == 0
    assert await queue.runs.release(runs) == ["queued", "blocked", "delayed"]
    assert [(await queue.fields(run))["reason"] for run in runs] == ["", "", ""]


async def test_what_does_not_wait_is_left_alone(queue: Queue):
    await queue.add("running")
    await queue.add_agent()
    await queue.start()
    before = await queue.fields("running")

    assert await queue.runs.hold(["running", "unknown"], "why") == ["running", None]
    assert await queue.runs.release(["running", "unknown"]) == ["running", None]
    assert await queue.runs.reprioritise(["running", "unknown"], 900) == ["running", None]
    assert await queue.fields("running") == before


async def test_dependency_that_is_met_while_held_is_not_waited_for_again(queue: Queue):
    await queue.add("parent")
    await queue.add("child", edges=[("parent", "succeeded")])
    await queue.runs.hold(["child"], "why")
    await queue.add_agent()
    await queue.run_to_end()
    await queue.settle()

    assert await queue.state("child") == "held"
    assert await queue.runs.release(["child"]) == ["queued"]


async def test_dependency_that_fails_while_held_skips_the_run(queue: Queue):
    await queue.add("parent")
    await queue.add("child", edges=[("parent", "succeeded")])
    await queue.runs.hold(["child"], "why")
    await queue.add_agent()
    await queue.run_to_end("failed", reason="broke")
    await queue.settle()

    assert await queue.state("child") == "skipped"
    assert "broke" in (await queue.fields("child"))["reason"]


async def test_held_run_is_cancelled_at_once(queue: Queue):
    await queue.add("run")
    await queue.runs.hold(["run"], "why")

    assert await queue.runs.cancel(["run"], "asked") == ["cancelled"]
    assert await queue.runs.release(["run"]) == ["cancelled"]


async def test_repeated_hold_changes_nothing(queue: Queue):
    await queue.add("run")
    await queue.runs.hold(["run"], "first")
    before = await queue.fields("run")
    await queue.runs.hold(["run"], "second")

    assert await queue.fields("run") == before


async def test_higher_priority_goes_first_and_keeps_its_age(queue: Queue):
    for name in ("first", "second", "third"):
        await queue.add(name)
        queue.clock.advance(1)
    before = int((await queue.fields("third"))["order"])
    assert await queue.runs.reprioritise(["third"], 60) == ["queued"]
    await queue.add_agent()
    after = await queue.fields("third")

    leased = [each.run_id for each in await queue.lease(maximum=2)]

    assert leased == ["third", "first"]
    assert after["priority"] == "60"
    assert int(after["order"]) == before - 60_000 * (60 - 50)


async def test_priority_of_what_is_held_or_blocked_counts_once_it_is_queued(queue: Queue):
    await queue.add("parent")
    await queue.add("plain")
    await queue.add("held")
    await queue.add("blocked", edges=[("parent", "succeeded")])
    await queue.runs.hold(["held"], "why")
    await queue.add_agent()
    states = await queue.runs.reprioritise(["held", "blocked"], 500)
    await queue.runs.release(["held"])
    first = [each.run_id for each in await queue.lease()]

    assert states == ["held", "blocked"]
    assert first == ["held"]
    assert (await queue.fields("blocked"))["priority"] == "500"


async def test_every_change_is_one_event_with_a_greater_version(queue: Queue):
    await queue.add("run")
    await queue.runs.hold(["run"], "why")
    await queue.runs.reprioritise(["run"], 70)
    await queue.runs.release(["run"])
    events = [event for event in await queue.events() if event["id"] == "run"]

    assert [event["state"] for event in events] == ["queued", "held", "held", "queued"]
    assert [int(event["rv"]) for event in events] == [1, 2, 3, 4]
