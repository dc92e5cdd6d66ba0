"""Runs that wait for some of their dependencies, and what becomes of them when these fail."""

import pytest

from mlmon_scheduler.application.stored import NewGroup
from tests.integration.scheduler.conftest import Queue

PARENTS = ("a", "b", "c")


async def add_parents(queue: Queue, **fields: object) -> None:
    """Add three runs that start in the order of their names, and one that waits on them."""
    for priority, name in zip((30, 20, 10), PARENTS, strict=True):
        await queue.add(name, priority=priority)
    edges = [(name, "succeeded") for name in PARENTS]
    await queue.add("child", edges=edges, priority=1, **fields)  # type: ignore[arg-type]
    await queue.add_agent()


@pytest.mark.parametrize(
    ("needed", "ends", "states"),
    [
        (1, ["succeeded"], ["queued"]),
        (1, ["failed", "failed", "succeeded"], ["blocked", "blocked", "queued"]),
        (1, ["failed", "failed", "failed"], ["blocked", "blocked", "skipped"]),
        (2, ["succeeded", "failed", "succeeded"], ["blocked", "blocked", "queued"]),
        (2, ["failed", "failed"], ["blocked", "skipped"]),
        (3, ["succeeded", "failed"], ["blocked", "skipped"]),
    ],
)
async def test_join_fires_or_fails_as_soon_as_it_is_decided(
    queue: Queue, needed: int, ends: list[str], states: list[str]
):
    await add_parents(queue, needed=needed)
    seen = []
    for end in ends:
        await queue.run_to_end(end)
        seen.append(await queue.state("child"))

    assert seen == states


async def test_reason_says_how_many_are_missing_and_why(queue: Queue):
    await add_parents(queue, needed=2)
    await queue.run_to_end("failed", reason="First.")
    await queue.run_to_end("failed", reason="Second.")

    assert (await queue.fields("child"))["reason"] == (
        "Only 1 of its dependencies can be met, and 2 have to be. "
        "Its dependency job of acme failed: Second."
    )


async def test_edges_left_over_start_nothing_twice(queue: Queue):
    await add_parents(queue, needed=1)
    await queue.run_to_end()
    events = [event["state"] for event in await queue.events() if event["id"] == "child"]
    await queue.run_to_end()
    await queue.run_to_end("failed")

    assert events == ["blocked", "queued"]
    assert [e["state"] for e in await queue.events() if e["id"] == "child"] == events
    assert await queue.state("child") == "queued"


async def test_join_over_parents_that_ended_before_is_decided_at_once(queue: Queue):
    for name in PARENTS:
        await queue.add(name)
    await queue.add_agent()
    for end in ("succeeded", "failed", "failed"):
        await queue.run_to_end(end)
    edges = [(name, "succeeded") for name in PARENTS]
    await queue.add("any", edges=edges, needed=1)
    await queue.add("two", edges=edges, needed=2)

    assert (await queue.state("any"), await queue.state("two")) == ("queued", "skipped")


async def test_conditions_count_in_a_join(queue: Queue):
    await queue.add("a", priority=90)
    await queue.add("b", priority=80)
    await queue.add("child", edges=[("a", "failed"), ("b", "finished")], needed=2)
    await queue.add_agent()
    await queue.run_to_end("failed")
    await queue.run_to_end("failed")

    assert await queue.state("child") == "queued"


async def test_failure_is_passed_over_and_the_rest_is_waited_for(queue: Queue):
    await add_parents(queue, on_upstream_failure="run")
    seen = []
    for end in ("failed", "succeeded", "failed"):
        seen.append(await queue.state("child"))
        await queue.run_to_end(end)

    assert seen == ["blocked"] * 3
    assert await queue.state("child") == "queued"


async def test_join_that_cannot_be_met_runs_once_nothing_is_to_come(queue: Queue):
    await add_parents(queue, needed=2, on_upstream_failure="run")
    await queue.run_to_end("failed")
    await queue.run_to_end("failed")
    assert await queue.state("child") == "blocked"

    await queue.run_to_end("failed")

    assert await queue.state("child") == "queued"


async def test_run_is_held_with_the_reason_and_goes_on_when_released(queue: Queue):
    await queue.add("train", job="train", priority=90)
    await queue.add("other", priority=80)
    edges = [("train", "succeeded"), ("other", "succeeded")]
    await queue.add("child", edges=edges, on_upstream_failure="hold")
    await queue.add_agent()
    await queue.run_to_end("failed", reason="Too few flights.")
    held = await queue.fields("child")
    assert (held["state"], held["reason"]) == (
        "held",
        "Its dependency train of acme failed: Too few flights.",
    )

    # Somebody decided that it runs all the same; what is still to come is waited for.
    assert await queue.runs.release(["child"]) == ["blocked"]
    await queue.run_to_end("failed")

    assert await queue.state("child") == "queued"
    assert (await queue.fields("child"))["reason"] == ""


async def test_edges_that_end_while_the_run_is_held_are_not_waited_for(queue: Queue):
    await add_parents(queue, on_upstream_failure="hold")
    for end in ("failed", "failed", "succeeded"):
        await queue.run_to_end(end)
    assert await queue.state("child") == "held"

    assert await queue.runs.release(["child"]) == ["queued"]


async def test_join_that_is_held_runs_when_released(queue: Queue):
    await add_parents(queue, needed=3, on_upstream_failure="hold")
    for end in ("failed", "succeeded", "succeeded"):
        await queue.run_to_end(end)
    assert await queue.state("child") == "held"

    assert await queue.runs.release(["child"]) == ["queued"]


async def test_run_that_is_impossible_from_the_start_is_held(queue: Queue):
    await queue.add("parent")
    await queue.add_agent()
    await queue.run_to_end("failed")
    await queue.add("child", edges=[("parent", "succeeded")], on_upstream_failure="hold")

    assert await queue.state("child") == "held"
    assert await queue.runs.release(["child"]) == ["queued"]


@pytest.mark.parametrize(("policy", "state"), [("run", "queued"), ("hold", "held")])
async def test_fan_in_that_is_not_met_follows_the_policy(queue: Queue, policy: str, state: str):
    group = NewGroup(id="g", job="score", expected=2, percent=100)
    await queue.open_batch("batch", total=3, groups=[group])
    for name in ("one", "two"):
        await queue.add(name, batch="batch", groups=["g"])
    edges = [("g:g", "succeeded")]
    await queue.add("summary", batch="batch", edges=edges, on_upstream_failure=policy)
    await queue.runs.seal_batch("batch")
    await queue.add_agent()
    await queue.run_to_end("failed")
    assert await queue.state("summary") == "blocked"
    await queue.run_to_end("succeeded")

    assert await queue.state("summary") == state


async def test_chain_goes_on_behind_a_run_that_ran_all_the_same(queue: Queue):
    await queue.add("train", priority=90)
    await queue.add("score", edges=[("train", "succeeded")], on_upstream_failure="run")
    await queue.add("send", edges=[("score", "succeeded")])
    await queue.add_agent()
    await queue.run_to_end("failed")
    await queue.run_to_end("succeeded")

    assert await queue.state("send") == "queued"
