import pytest

from mlmon_scheduler.application.stored import NewGroup
from mlmon_shared.errors import InvalidRequestError
from tests.integration.scheduler.conftest import Queue


async def test_dependant_waits_until_its_parent_has_succeeded(queue: Queue):
    await queue.add("parent")
    await queue.add("child", edges=[("parent", "succeeded")])
    await queue.add_agent()

    assert await queue.state("child") == "blocked"
    assert [run.run_id for run in await queue.lease(maximum=16)] == ["parent"]


async def test_dependant_is_queued_once_every_parent_is_met(queue: Queue):
    await queue.add("a", priority=3)
    await queue.add("b", priority=2)
    await queue.add("child", edges=[("a", "succeeded"), ("b", "finished")], priority=1)
    await queue.add_agent()

    await queue.run_to_end("succeeded")
    assert await queue.state("child") == "blocked"
    await queue.run_to_end("failed")
    assert await queue.state("child") == "queued"


async def test_dependant_on_failure_runs_when_its_parent_fails(queue: Queue):
    await queue.add("parent")
    await queue.add("cleanup", edges=[("parent", "failed")])
    await queue.add_agent()
    await queue.run_to_end("failed")

    assert await queue.state("cleanup") == "queued"


async def test_chain_behind_a_failure_is_skipped_with_the_first_reason(queue: Queue):
    await queue.add("train", job="train", client="OO")
    await queue.add("score", job="score", client="OO", edges=[("train", "succeeded")])
    await queue.add("send", job="send", client="OO", edges=[("score", "succeeded")])
    await queue.add_agent()
    await queue.run_to_end("failed", reason="Too few flights.")

    score, send = await queue.fields("score"), await queue.fields("send")

    reason = "Its dependency train of OO failed: Too few flights."
    assert (score["state"], score["reason"]) == ("skipped", reason)
    assert (send["state"], send["reason"]) == ("skipped", reason)


async def test_run_behind_a_cancelled_one_says_that_it_was_cancelled(queue: Queue):
    await queue.add("train", job="train", client="OO")
    await queue.add("score", job="score", client="OO", edges=[("train", "succeeded")])

    await queue.runs.cancel(["train"], "Wrong month.")
    await queue.settle()

    score = await queue.fields("score")
    assert score["reason"] == "Its dependency train of OO was cancelled: Wrong month."


async def test_child_that_comes_after_its_parent_has_ended_is_resolved_at_once(queue: Queue):
    await queue.add("parent")
    await queue.add_agent()
    await queue.run_to_end("succeeded")

    await queue.add("late", edges=[("parent", "succeeded")])
    await queue.add("impossible", edges=[("parent", "failed")])

    assert await queue.state("late") == "queued"
    assert await queue.state("impossible") == "skipped"


async def test_unknown_parent_is_refused_and_nothing_is_stored(queue: Queue):
    with pytest.raises(InvalidRequestError, match="no run nowhere"):
        await queue.add("child", edges=[("nowhere", "succeeded")])

    assert await queue.runs.find_run("child") is None
    assert await queue.events() == []


async def test_enqueueing_twice_changes_nothing(queue: Queue):
    await queue.add("run")
    events = len(await queue.events())

    assert await queue.add("run") == 0
    assert len(await queue.events()) == events


async def test_run_that_ended_is_not_created_again(queue: Queue):
    await queue.add("run")
    await queue.add_agent()
    await queue.run_to_end()

    assert await queue.add("run") == 0
    assert await queue.state("run") == "succeeded"


@pytest.mark.parametrize(
    ("percent", "succeeded", "expected"),
    [(100, 5, "queued"), (80, 4, "queued"), (80, 3, "skipped"), (0, 0, "queued")],
)
async def test_group_fires_by_its_percentage_once_all_members_are_final(
    queue: Queue, percent: int, succeeded: int, expected: str
):
    group = NewGroup(id="g", job="job", expected=5, percent=percent)
    await queue.open_batch("batch", total=6, groups=[group])
    for number in range(5):
        await queue.add(f"m{number}", batch="batch", groups=["g"])
    await queue.add("summary", batch="batch", edges=[("g:g", "succeeded")])
    await queue.runs.seal_batch("batch")
    await queue.add_agent()
    for number in range(5):
        assert await queue.state("summary") == "blocked"
        await queue.run_to_end("succeeded" if number < succeeded else "failed")

    assert await queue.state("summary") == expected
    if expected == "skipped":
        reason = (await queue.fields("summary"))["reason"]
        assert reason == "3 of 5 runs of job succeeded; 4 had to"


async def test_group_does_not_fire_before_its_batch_is_loaded(queue: Queue):
    group = NewGroup(id="g", job="job", expected=1, percent=100)
    await queue.open_batch("batch", total=2, groups=[group])
    await queue.add("member", batch="batch", groups=["g"])
    await queue.add("summary", batch="batch", edges=[("g:g", "succeeded")])
    await queue.add_agent()
    await queue.run_to_end()

    assert await queue.state("summary") == "blocked"

    await queue.runs.seal_batch("batch")
    await queue.settle()

    assert await queue.state("summary") == "queued"


async def test_skipped_member_counts_as_not_succeeded(queue: Queue):
    group = NewGroup(id="g", job="score", expected=1, percent=50)
    await queue.open_batch("batch", total=3, groups=[group])
    await queue.add("train", batch="batch")
    await queue.add("score", batch="batch", edges=[("train", "succeeded")], groups=["g"])
    await queue.add("summary", batch="batch", edges=[("g:g", "succeeded")])
    await queue.runs.seal_batch("batch")
    await queue.add_agent()
    await queue.run_to_end("failed")

    assert await queue.state("score") == "skipped"
    assert await queue.state("summary") == "skipped"


async def test_empty_group_fires_at_once(queue: Queue):
    group = NewGroup(id="g", job="score", expected=0, percent=80)
    await queue.open_batch("batch", total=1, groups=[group])
    await queue.add("summary", batch="batch", edges=[("g:g", "succeeded")])
    await queue.runs.seal_batch("batch")
    await queue.settle()

    assert await queue.state("summary") == "queued"


async def test_wide_fan_out_goes_on_in_pieces(queue: Queue):
    await queue.add("parent")
    for number in range(30):
        await queue.add(f"child-{number}", edges=[("parent", "succeeded")])
    await queue.add_agent()
    granted = await queue.start()
    await queue.end(granted)

    assert await queue.runs.fan_out(20) == (20, 1)
    assert (await queue.runs.fan_out(20))[0] == 10
    await queue.settle()
    states = [await queue.state(f"child-{number}") for number in range(30)]
    assert states == ["queued"] * 30
