"""Dependencies on the client's newest run of a job."""

from collections.abc import Sequence

import pytest

from mlmon_scheduler.adapters.redis.keys import key
from mlmon_scheduler.application.stored import Lookup
from mlmon_shared.wire.records import dependencies_of
from tests.integration.scheduler.conftest import Queue

DAY_MS = 86_400_000


def train(
    missing: str = "wait",
    *,
    when: str = "succeeded",
    within_ms: int | None = None,
    slot_runs: Sequence[str] = (),
) -> Lookup:
    return Lookup("train", when, within_ms, missing, slot_runs)


async def end_train(queue: Queue, run_id: str, state: str = "succeeded", reason: str = "") -> None:
    await queue.add(run_id, job="train", priority=999)
    assert await queue.run_to_end(state, reason=reason) == run_id


async def test_newest_run_is_waited_for_while_it_is_live(queue: Queue):
    await queue.add("old", job="train", priority=90)
    await queue.add("new", job="train", priority=80)
    await queue.add("score", lookups=[train()])
    await queue.add_agent()
    await queue.run_to_end()
    assert await queue.state("score") == "blocked"
    assert (await queue.fields("score"))["upstreams"] == "train=new"

    await queue.run_to_end()

    assert await queue.state("score") == "queued"


@pytest.mark.parametrize(
    ("end", "when", "state"),
    [
        ("succeeded", "succeeded", "queued"),
        ("failed", "succeeded", "skipped"),
        ("failed", "finished", "queued"),
        ("succeeded", "failed", "skipped"),
    ],
)
async def test_newest_run_that_ended_decides(queue: Queue, end: str, when: str, state: str):
    await queue.add_agent()
    await end_train(queue, "train", end)
    await queue.add("score", lookups=[train(when=when)])

    assert await queue.state("score") == state


async def test_outcome_is_known_when_the_run_itself_is_long_forgotten(queue: Queue):
    await queue.add_agent()
    await end_train(queue, "train", "failed", "Too few flights.")
    await queue.redis.delete(key("run", "train"), key("done", "train"))
    await queue.add("score", lookups=[train()])

    score = await queue.fields("score")
    reason = "Its dependency train of acme failed: Too few flights."
    assert (score["state"], score["reason"]) == ("skipped", reason)


@pytest.mark.parametrize(("missing", "state"), [("skip", "skipped"), ("run", "queued")])
async def test_run_without_an_upstream_is_skipped_or_runs(queue: Queue, missing: str, state: str):
    await queue.add("other", job="train", client="globex")
    await queue.add("score", lookups=[train(missing)])

    assert await queue.state("score") == state
    if state == "skipped":
        assert (await queue.fields("score"))["reason"] == "There is no run of train for acme."


async def test_skip_goes_before_what_happens_on_failure(queue: Queue):
    await queue.add("score", lookups=[train("skip")], on_upstream_failure="run")

    assert await queue.state("score") == "skipped"


async def test_run_that_ended_too_long_ago_does_not_count(queue: Queue):
    await queue.add_agent()
    await end_train(queue, "train")
    queue.clock.advance(2 * 86400)
    await queue.add("old", lookups=[train("skip", within_ms=DAY_MS)])
    await queue.add("any-age", lookups=[train("skip")])
    await queue.add("long", lookups=[train("skip", within_ms=2 * DAY_MS)])

    assert (await queue.fields("old"))["reason"] == (
        "There is no run of train for acme that is recent enough."
    )
    assert [await queue.state(run) for run in ("old", "any-age", "long")] == [
        "skipped",
        "queued",
        "queued",
    ]


async def test_live_run_counts_however_old_it_is(queue: Queue):
    await queue.add("train", job="train")
    queue.clock.advance(30 * 86400)
    await queue.add("score", lookups=[train("skip", within_ms=DAY_MS)])

    assert await queue.state("score") == "blocked"


async def test_everybody_who_waits_gets_the_next_run_of_the_client(queue: Queue):
    for number in range(5):
        await queue.add(f"score-{number}", lookups=[train()], priority=10)
    await queue.add_agent()
    assert (await queue.fields("score-0"))["reason"] == "Waits for the next run of train for acme."
    await queue.add("foreign", job="train", client="globex", priority=900)
    await queue.run_to_end()
    assert await queue.state("score-0") == "blocked"

    await queue.add("next", job="train", priority=800)
    await queue.add("later", job="train", priority=0)
    await queue.run_to_end()

    for number in range(5):
        fields = await queue.fields(f"score-{number}")
        assert (fields["state"], fields["upstreams"], fields["reason"]) == (
            "queued",
            "train=next",
            "",
        )


async def test_document_shows_the_run_that_was_awaited(queue: Queue):
    await queue.add("score", lookups=[train()])
    await queue.add_agent()
    await end_train(queue, "next")
    fields = dict(await queue.fields("score"))
    fields["depends_on"] = '[{"job": "train", "missing": "wait"}, {"job": "train", "run": "x"}]'

    assert [link["run"] for link in dependencies_of(fields)] == ["next", "x"]


async def test_next_run_that_fails_skips_those_that_waited(queue: Queue):
    await queue.add("score", lookups=[train()])
    await queue.add("send", edges=[("score", "succeeded")])
    await queue.add_agent()
    await end_train(queue, "next", "failed", "Too few flights.")
    reason = "Its dependency train of acme failed: Too few flights."

    for run in ("score", "send"):
        fields = await queue.fields(run)
        assert (fields["state"], fields["reason"]) == ("skipped", reason)


async def test_runs_that_wait_are_told_in_pieces(queue: Queue):
    for number in range(50):
        await queue.add(f"score-{number}", lookups=[train()])
    await queue.add("next", job="train", priority=900)
    await queue.add_agent()
    await queue.end(await queue.start())

    assert await queue.runs.fan_out(20) == (20, 1)
    assert (await queue.runs.fan_out(20))[0] == 20
    await queue.settle()
    states = {await queue.state(f"score-{number}") for number in range(50)}
    assert states == {"queued"}


async def test_run_that_waits_may_be_cancelled_before_the_next_comes(queue: Queue):
    await queue.add("score", lookups=[train()])
    await queue.runs.cancel(["score"], "asked")
    await queue.add_agent()
    await end_train(queue, "next")

    assert await queue.state("score") == "cancelled"


async def test_join_counts_lookups(queue: Queue):
    await queue.add("other", priority=900)
    await queue.add_agent()
    lookups = [train(), Lookup("clean", "succeeded", None, "run")]
    await queue.add("two", edges=[("other", "succeeded")], lookups=lookups, needed=2)
    assert await queue.state("two") == "blocked"

    await queue.run_to_end()

    assert await queue.state("two") == "queued"
    assert (await queue.fields("two"))["reason"] == ""


async def test_run_does_not_end_the_wait_of_one_that_it_waits_on(queue: Queue):
    await queue.add("score", job="score", lookups=[train()])
    await queue.add("check", job="check", edges=[("score", "succeeded")])
    await queue.add("circular", job="train", edges=[("check", "succeeded")])
    await queue.add_agent()
    assert await queue.lease(maximum=16) == []

    await end_train(queue, "next")

    assert await queue.run_to_end() == "score"
    assert await queue.run_to_end() == "check"
    assert await queue.run_to_end() == "circular"


async def test_circle_over_two_awaited_runs_is_seen(queue: Queue):
    await queue.add("one", job="one", lookups=[train()])
    await queue.add("two", job="two", lookups=[Lookup("clean", "succeeded", None, "wait")])
    await queue.add("train", job="train", edges=[("two", "succeeded")])
    await queue.add("clean", job="clean", edges=[("one", "succeeded")])
    await queue.add_agent()
    await queue.add("clean-2", job="clean", priority=900)
    ended = [await queue.run_to_end() for _ in range(5)]

    assert ended == ["clean-2", "two", "train", "one", "clean"]


async def test_slot_waits_for_the_upstream_run_of_its_slot_not_for_a_later_one(queue: Queue):
    await queue.add("train-1", job="train", slot=1_000)
    await queue.add("train-2", job="train", slot=2_000)
    await queue.add("score", slot=1_500, lookups=[train(slot_runs=["train-1"])])

    assert (await queue.fields("score"))["upstreams"] == "train=train-1"


@pytest.mark.parametrize("slot", [None, 1_000])
async def test_repetition_of_the_upstream_run_counts_instead_of_it(queue: Queue, slot: int | None):
    await queue.add_agent()
    await queue.add("train-1", job="train", slot=1_000, priority=999)
    assert await queue.run_to_end("failed") == "train-1"
    await queue.add("again", job="train", slot=slot, priority=999)
    assert await queue.run_to_end() == "again"
    await queue.add("score", slot=1_500, lookups=[train(slot_runs=["train-1"])])

    fields = await queue.fields("score")
    assert (fields["state"], fields["upstreams"]) == ("queued", "train=again")


async def test_later_slot_counts_where_that_of_the_slot_is_not_known(queue: Queue):
    await queue.add("train-2", job="train", slot=2_000)
    await queue.add("score", slot=1_500, lookups=[train(slot_runs=["train-1"])])

    assert (await queue.fields("score"))["upstreams"] == "train=train-2"


async def test_run_of_the_slot_that_ended_too_long_ago_does_not_count(queue: Queue):
    await queue.add_agent()
    await queue.add("train-1", job="train", slot=1_000, priority=999)
    await queue.run_to_end()
    queue.clock.advance(3600)
    await queue.add("train-2", job="train", slot=2_000)
    lookup = train("skip", within_ms=1_800_000, slot_runs=["train-1"])
    await queue.add("score", slot=1_500, lookups=[lookup])

    assert await queue.state("score") == "skipped"


async def test_backfill_is_nobodys_newest_run_where_there_is_another(queue: Queue):
    await queue.add("train-2", job="train", slot=2_000)
    await queue.add("old", job="train", slot=1_000, backfill="backfill")
    await queue.add("score", lookups=[train()])
    filled = train(slot_runs=["old", "train-2"])
    await queue.add("filled", slot=1_000, backfill="other", lookups=[filled])

    assert (await queue.fields("score"))["upstreams"] == "train=train-2"
    assert (await queue.fields("filled"))["upstreams"] == "train=old"
