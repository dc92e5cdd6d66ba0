"""A Redis that lost everything, rebuilt from history and from agents."""

from collections.abc import Mapping

import pytest

from mlmon_shared.errors import StaleFenceError, StoreUnavailableError
from mlmon_shared.wire.agent_protocol import Beat, DirectiveKind, Vector
from mlmon_shared.wire.runs import RunDocument
from mlmon_shared.wire.states import AttemptState, BatchState, Cause, RunState
from tests.integration.recovery.shards import YOUNG_SECONDS, Shard, held_of, result_of

BATCH = [(job, client) for job in ("make", "pass") for client in ("acme", "bolt", "coda")] + [
    ("gather", "acme")
]


def states(runs: Mapping[str, RunDocument]) -> dict[str, str]:
    return {key: run.state.value for key, run in runs.items()}


def lasting(run: RunDocument) -> dict[str, object]:
    """What a recovery may not change."""
    return run.model_dump(
        exclude={"rv", "is_durable", "queue_seconds", "run_seconds", "started_at", "reason"}
    )


async def wipe(shard: Shard, *, is_drained: bool = True) -> None:
    if is_drained:
        await shard.history.drain()
    await shard.flush()
    await shard.recover()


async def open_again(shard: Shard) -> None:
    shard.clock.advance(YOUNG_SECONDS + 1)
    await shard.recover()


async def test_waiting_runs_come_back_as_they_were(shard: Shard):
    await shard.submit(priority=7, labels={"team": "growth"}, params={})
    agent = await shard.agent()
    retried = await shard.start(agent)
    await shard.finish(
        agent, retried, state=AttemptState.FAILED, cause=Cause.USER_ERROR, exit_code=1
    )
    held = await shard.submit(client="bolt")
    await shard.runs.hold([held], "Held by ada.")
    parent = await shard.submit(client="coda")
    child = await shard.submit(depends_on=[{"run": parent, "when": "finished"}])
    run_ids = [retried.run_id, held, parent, child]
    before = [await shard.document(run_id) for run_id in run_ids]
    fields_before = [await shard.fields(run_id) for run_id in run_ids]

    await wipe(shard)

    after = [await shard.document(run_id) for run_id in run_ids]
    assert [run.state for run in after] == ["delayed", "held", "queued", "blocked"]
    assert [lasting(run) for run in after] == [lasting(run) for run in before]
    assert all(new.rv > old.rv for new, old in zip(after, before, strict=True))
    assert after[1].reason == "Held by ada."
    fields_after = [await shard.fields(run_id) for run_id in run_ids]
    for name in ("order", "band", "class", "spent_user"):
        assert [f.get(name) for f in fields_after] == [f.get(name) for f in fields_before], name
    assert fields_after[0]["spent_user"] == "1"


async def test_batch_comes_back_with_its_counts_order_and_barrier(shard: Shard):
    batch_id = await shard.submit_batch(BATCH)
    agent = await shard.agent()
    for _ in range(2):
        await shard.finish(agent, await shard.start(agent))
    before, totals = await shard.runs_of(batch_id), await shard.reader.get_batch(batch_id)

    await wipe(shard)

    after = await shard.runs_of(batch_id)
    assert list(after) == list(before)
    assert states(after) == states(before)
    assert (await shard.reader.get_batch(batch_id)).counts == totals.counts
    assert (await shard.reader.get_batch(batch_id)).state is BatchState.RUNNING
    await open_again(shard)
    agent = await shard.agent()
    await shard.sync(agent)
    for _ in range(5):
        await shard.finish(agent, await shard.start(agent))
    batch = await shard.reader.get_batch(batch_id)
    assert (batch.state, batch.outcome, batch.counts) == ("finished", "succeeded", {"succeeded": 7})
    gather = (await shard.runs_of(batch_id))["gather-acme"]
    assert len(await shard.runs.list_members(gather.depends_on[0].group or "")) == 3


async def test_running_attempts_go_on_with_their_own_lease(shard: Shard):
    run_id = await shard.submit()
    agent = await shard.agent()
    granted = await shard.start(agent)

    await wipe(shard)
    agent = await shard.agent()
    answer = await shard.sync(agent, granted)

    assert answer.directives == []
    run = await shard.document(run_id)
    assert (run.state, run.attempt, len(run.attempts)) == ("running", 1, 1)
    assert run.attempts[0].fence == granted.fence
    (document,) = await shard.manager.list_agents()
    assert (document.held, document.used.cpu_milli) == ([f"{run_id}.1"], 1000)
    assert await shard.finish(agent, granted) == "accepted"
    (document,) = await shard.manager.list_agents()
    assert (document.held, document.used.cpu_milli) == ([], 0)
    assert (await shard.document(run_id)).state is RunState.SUCCEEDED


async def test_attempt_that_history_knew_and_no_agent_has_is_tried_again(shard: Shard):
    run_id = await shard.submit()
    await shard.start(await shard.agent())

    await wipe(shard)
    await shard.sync(await shard.agent())

    run = await shard.document(run_id)
    assert (run.state, run.attempts[0].state) == ("delayed", "lost")


async def test_attempt_of_an_agent_that_never_comes_back_is_lost_in_the_end(shard: Shard):
    run_id = await shard.submit()
    await shard.start(await shard.agent())
    await wipe(shard)

    shard.clock.advance(613)
    (expired,) = await shard.leases.list_expired_agents(10, heard_since_ms=0)
    await shard.completer.lose_attempts(expired, reason="Unheard.", is_proven=False)

    assert (await shard.document(run_id)).attempts[0].state is AttemptState.LOST


async def test_grant_that_history_never_saw_is_adopted(shard: Shard):
    run_id = await shard.submit()
    await shard.history.drain()
    granted = await shard.start(await shard.agent())

    await wipe(shard, is_drained=False)
    assert (await shard.document(run_id)).state is RunState.QUEUED
    answer = await shard.sync(await shard.agent(), granted)

    run = await shard.document(run_id)
    assert answer.directives == []
    assert answer.adopted_at
    assert (run.state, run.attempt, run.attempts[0].fence) == ("running", 1, granted.fence)
    await shard.history.drain()
    assert (await shard.history.get_run(run_id)).attempts[0].fence == granted.fence


async def test_later_attempt_than_history_knows_takes_its_place(shard: Shard):
    run_id = await shard.submit()
    agent = await shard.agent()
    first = await shard.start(agent)
    await shard.history.drain()
    await shard.finish(agent, first, state=AttemptState.PREEMPTED)
    second = await shard.start(agent)
    await shard.finish(agent, second, state=AttemptState.PREEMPTED)
    third = await shard.start(agent)

    await wipe(shard, is_drained=False)
    await shard.sync(await shard.agent(), third)

    run = await shard.document(run_id)
    assert (run.state, run.attempt) == ("running", 3)
    assert [attempt.state for attempt in run.attempts] == ["lost", "lost", "running"]


async def test_journaled_result_completes_a_run_whose_grant_history_never_saw(shard: Shard):
    first = await shard.submit()
    second = await shard.submit(depends_on=[{"run": first}])
    await shard.history.drain()
    granted = await shard.start(await shard.agent())

    await wipe(shard, is_drained=False)
    answer = await shard.sync(await shard.agent(), results=[result_of(granted)])

    assert [each.status for each in answer.answers] == ["accepted"]
    assert (await shard.document(first)).state is RunState.SUCCEEDED
    assert (await shard.document(second)).state is RunState.QUEUED


async def test_accepted_result_that_history_never_saw_survives_in_the_journal(shard: Shard):
    run_id = await shard.submit()
    agent = await shard.agent()
    granted = await shard.start(agent)
    await shard.history.drain()
    await shard.finish(agent, granted)

    await wipe(shard, is_drained=False)
    # As the loop of results sends it, before the agent has synchronised.
    status = await shard.finish(agent, granted)

    assert status == "accepted"
    assert (await shard.document(run_id)).state is RunState.SUCCEEDED


async def test_nothing_is_granted_before_what_nobody_spoke_of_has_surely_stopped(shard: Shard):
    run_id = await shard.submit()
    await wipe(shard)
    agent = await shard.agent()
    await shard.sync(agent)

    shard.clock.advance(YOUNG_SECONDS - 1)
    await shard.recover()
    early = await shard.lease(agent)
    shard.clock.advance(2)
    await shard.recover()
    (granted,) = await shard.lease(agent)

    assert early == []
    assert granted.run_id == run_id
    assert granted.fence == "2.1"


async def test_agent_that_is_heard_and_has_not_spoken_yet_is_waited_for(shard: Shard):
    await shard.submit()
    await wipe(shard)
    silent, other = await shard.agent("silent"), await shard.agent("other")
    await shard.sync(other)
    shard.clock.advance(YOUNG_SECONDS + 1)
    await shard.agents.beat(silent.session, Beat(session=silent.session.session, held=[]))
    await shard.recover()

    assert await shard.lease(other) == []

    await shard.sync(silent)
    await shard.recover()
    assert len(await shard.lease(other)) == 1


async def test_beat_before_the_sync_kills_nothing_and_later_ones_do(shard: Shard):
    await shard.submit()
    await shard.history.drain()
    granted = await shard.start(await shard.agent())
    await wipe(shard, is_drained=False)
    agent = await shard.agent()
    beat = Beat(session=agent.session.session, held=[held_of(granted)])

    before = await shard.agents.beat(agent.session, beat)
    await shard.sync(agent)
    after = await shard.agents.beat(agent.session, beat)

    assert (before.epoch, before.directives) == (2, [])
    assert [order.kind for order in after.directives] == [DirectiveKind.KILL]


async def test_fence_of_a_run_that_was_granted_anew_is_stale(shard: Shard):
    await shard.submit()
    await shard.history.drain()
    lost = await shard.start(await shard.agent("gone"))
    await wipe(shard, is_drained=False)
    await open_again(shard)
    agent = await shard.agent()
    again = await shard.start(agent)

    late = await shard.agent("gone")
    answer = await shard.sync(late, lost)

    assert (again.attempt, again.fence) == (lost.attempt, "2.1")
    assert [order.kind for order in answer.directives] == [DirectiveKind.KILL]
    assert await shard.finish(late, lost) == "stale-fence"
    assert await shard.finish(agent, again) == "accepted"


async def test_while_runs_are_brought_back_only_signs_of_life_are_taken(shard: Shard):
    run_id = await shard.submit()
    agent = await shard.agent()
    granted = await shard.start(agent)
    await shard.history.drain()
    await shard.flush()
    await shard.recovery.step()

    agent = await shard.agent()
    beat = Beat(session=agent.session.session, held=[held_of(granted)])
    assert (await shard.agents.beat(agent.session, beat)).epoch == 0
    assert (await shard.sync(agent, granted, results=[])).epoch == 0
    for call in (
        shard.submit(),
        shard.finish(agent, granted),
        shard.agents.check_holder(agent.session, f"{run_id}.1"),
        shard.runs.cancel([run_id], "No."),
        shard.lease(agent),
    ):
        with pytest.raises(StoreUnavailableError, match="recovered"):
            await call
    assert "recovering (restoring)" in (await shard.runs.check() or "")


async def test_without_report_writer_a_wiped_shard_stays_closed(shard: Shard):
    await shard.submit()
    await shard.history.drain()
    shard.history.is_away = True
    await shard.flush()

    with pytest.raises(StoreUnavailableError):
        await shard.recovery.step()
    with pytest.raises(StoreUnavailableError, match="no epoch yet"):
        await shard.agent()

    shard.history.is_away = False
    await shard.recover()
    assert (await shard.runs.find_epoch()) == 2


async def test_what_history_never_saw_is_lost_and_said_to_be(shard: Shard):
    agent = await shard.agent()
    parent = await shard.submit()
    await shard.history.drain()
    late_parent = await shard.submit(client="bolt")
    granted = await shard.start(agent)
    assert granted.run_id == parent

    await wipe(shard, is_drained=False)
    with pytest.raises(Exception, match="no run"):
        await shard.document(late_parent)


async def test_second_replica_takes_over_a_recovery_that_stopped(shard: Shard):
    run_id = await shard.submit()
    await shard.history.drain()
    await shard.flush()
    await shard.recovery.step()
    await shard.history.drain()
    other = shard.recoverer("replica-2")

    assert not await other.step()
    # The first one is not heard of any more.
    await shard.free.delete("{s0}:recoverer:replica-1")
    await other.step()

    assert (await shard.document(run_id)).state is RunState.QUEUED
    assert not await shard.recovery.step()


async def test_second_wipe_is_recovered_like_the_first(shard: Shard):
    run_id = await shard.submit()
    await wipe(shard)
    await wipe(shard)
    await open_again(shard)

    agent = await shard.agent()
    granted = await shard.start(agent)

    assert (granted.run_id, granted.fence) == (run_id, "3.1")


async def test_runs_that_published_are_found_in_history(shard: Shard):
    agent = await shard.agent()
    await shard.submit("make")
    await shard.finish(agent, await shard.start(agent))
    await wipe(shard)

    run_id = await shard.submit("pass")

    assert (await shard.document(run_id)).state is RunState.QUEUED


async def test_loading_batch_whose_items_are_lost_ends_with_what_there_is(shard: Shard):
    batch_id = await shard.submit_batch(BATCH)
    await shard.history.drain()
    runs = await shard.runs_of(batch_id)
    lost = [runs[key].id for key in ("make-coda", "pass-coda")]
    await shard.history.forget(lost)

    await shard.flush()
    await shard.recover()
    await open_again(shard)
    agent = await shard.agent()
    await shard.sync(agent)
    for _ in range(5):
        await shard.finish(agent, await shard.start(agent))

    batch = await shard.reader.get_batch(batch_id)
    assert (batch.state, batch.outcome, batch.total) == ("finished", "failed", 7)
    assert batch.counts == {"succeeded": 5}


async def test_adopting_is_refused_within_an_epoch(shard: Shard):
    run_id = await shard.submit()
    agent = await shard.agent()
    with pytest.raises(StaleFenceError):
        await shard.adopter._store.adopt(
            agent.session.agent_id,
            run_id,
            1,
            "1.99",
            shape=Vector(cpu_milli=1000),
            fields={},
            limits={},
        )
