import pytest

from mlmon_scheduler.application.stored import AttemptEnding, Left
from mlmon_shared.errors import NotAcceptedError, StaleFenceError, UnauthenticatedError
from mlmon_shared.wire.agent_protocol import DirectiveKind, Held, Vector
from mlmon_shared.wire.runs import Usage
from mlmon_shared.wire.states import AttemptState
from tests.integration.scheduler.conftest import ACCEPT_SECONDS, SLOT, SPILL_SECONDS, Queue


async def test_run_of_higher_priority_goes_first(queue: Queue):
    # Neither age nor the order of their names would put it first.
    await queue.add("run-1", priority=10)
    await queue.add("run-2", priority=20)
    await queue.add_agent()

    granted = [run.run_id for run in await queue.lease(maximum=2)]

    assert granted == ["run-2", "run-1"]


@pytest.mark.parametrize(("minutes", "first"), [(11, "old"), (9, "urgent")])
async def test_one_point_of_priority_is_worth_one_minute_of_waiting(
    queue: Queue, minutes: int, first: str
):
    await queue.add("old", priority=10)
    queue.clock.advance(minutes * 60)
    await queue.add("urgent", priority=20)
    await queue.add_agent()

    granted = [run.run_id for run in await queue.lease(maximum=2)]

    assert granted[0] == first


async def test_equal_priorities_are_first_in_first_out(queue: Queue):
    for number in range(5):
        await queue.add(f"run-{number}")
    await queue.add_agent(slots=5)

    granted = [run.run_id for run in await queue.lease(maximum=5)]

    assert granted == [f"run-{number}" for number in range(5)]


async def test_agent_gets_no_more_than_its_capacity(queue: Queue):
    for number in range(5):
        await queue.add(f"run-{number}")
    await queue.add_agent(slots=2)

    assert len(await queue.lease(maximum=16)) == 2
    assert await queue.lease(maximum=16) == []


async def test_what_does_not_fit_lets_smaller_runs_pass(queue: Queue):
    await queue.add("large", shape=Vector(cpu_milli=4000, memory=2**30), priority=1000)
    await queue.add("small")
    await queue.add_agent(slots=2)

    assert [run.run_id for run in await queue.lease(maximum=16)] == ["small"]


async def test_ended_attempt_gives_its_resources_back(queue: Queue):
    await queue.add("first")
    await queue.add("second")
    await queue.add_agent(slots=1)
    granted = await queue.start()

    assert await queue.lease() == []

    await queue.end(granted)

    assert [run.run_id for run in await queue.lease()] == ["second"]


async def test_agent_gets_only_runs_of_its_pool(queue: Queue):
    await queue.add("elsewhere", pools=["gpu"])
    await queue.add("anywhere")
    await queue.add_agent(pool="cpu")

    assert [run.run_id for run in await queue.lease(maximum=16)] == ["anywhere"]


async def test_second_choice_pool_gets_a_run_once_it_has_waited(queue: Queue):
    await queue.add("run", pools=["small", "cpu"])
    await queue.add_agent(pool="cpu")

    assert await queue.lease() == []

    queue.clock.advance(SPILL_SECONDS)

    assert [run.run_id for run in await queue.lease()] == ["run"]


async def test_same_poll_again_returns_the_same_grants(queue: Queue):
    await queue.add("run")
    await queue.add("other")
    await queue.add_agent()
    first = await queue.lease()

    again = await queue.lease(repeat=True)

    assert again == first


async def test_same_poll_again_leaves_out_what_has_ended(queue: Queue):
    await queue.add("run")
    await queue.add_agent()
    (granted,) = await queue.lease()
    await queue.accept("agent", "run", granted.attempt, granted.fence)
    await queue.end(granted)

    again = await queue.ask(repeat=True)
    assert (again.runs, again.left) == ([], Left.REPLAYED)


async def test_session_that_was_superseded_gets_nothing(queue: Queue):
    await queue.add("run")
    await queue.add_agent()

    with pytest.raises(UnauthenticatedError):
        await queue.leases.lease("agent", "old-session", poll_seq=1, free=SLOT, maximum=1)


async def test_accept_may_be_repeated(queue: Queue):
    await queue.add("run")
    await queue.add_agent()
    granted = await queue.start()

    await queue.accept("agent", "run", granted.attempt, granted.fence)

    assert await queue.state("run") == "running"


async def test_grant_that_is_not_accepted_goes_back_and_costs_no_retry(queue: Queue):
    await queue.add("run")
    await queue.add_agent()
    (granted,) = await queue.lease()
    queue.clock.advance(ACCEPT_SECONDS + 0.001)

    assert await queue.leases.expire_grants(10, heard_since_ms=0) == 1
    assert await queue.state("run") == "queued"
    with pytest.raises(StaleFenceError):
        await queue.accept("agent", "run", granted.attempt, granted.fence)
    again = await queue.start()
    assert (again.attempt, again.fence != granted.fence) == (2, True)


async def test_completion_may_be_repeated(queue: Queue):
    await queue.add("run")
    await queue.add_agent()
    granted = await queue.start()
    await queue.end(granted)
    events = len(await queue.events())

    assert await queue.end(granted) == "succeeded"
    assert len(await queue.events()) == events


async def test_attempt_that_was_never_accepted_cannot_have_succeeded(queue: Queue):
    await queue.add("run")
    await queue.add_agent()
    (granted,) = await queue.lease()

    with pytest.raises(NotAcceptedError, match="never accepted"):
        await queue.end(granted)

    assert await queue.state("run") == "leased"
    queue.clock.advance(ACCEPT_SECONDS + 0.001)
    assert await queue.leases.expire_grants(10, heard_since_ms=0) == 1
    assert await queue.state("run") == "queued"


@pytest.mark.parametrize(
    ("attempt_state", "run_state"),
    [("returned", "queued"), ("failed", "failed"), ("failed", "delayed"), ("failed", "held")],
)
async def test_attempt_that_was_never_accepted_may_end_otherwise(
    queue: Queue, attempt_state: str, run_state: str
):
    await queue.add("run")
    await queue.add_agent()
    (granted,) = await queue.lease()
    ready_at = queue.clock.now_ms() + 1000

    await queue.end(granted, attempt_state=attempt_state, run_state=run_state, ready_at_ms=ready_at)

    assert await queue.state("run") == run_state


async def test_stale_attempt_cannot_complete_its_run(queue: Queue):
    await queue.add("run")
    await queue.add_agent()
    await queue.add_agent("other")
    lost = await queue.start()
    await queue.end(lost, attempt_state="lost", run_state="queued")
    newer = await queue.start("other")

    with pytest.raises(StaleFenceError):
        await queue.end(lost)
    assert await queue.state("run") == "running"
    assert await queue.end(newer) == "succeeded"


async def test_late_result_of_a_lost_attempt_is_stale_even_before_the_next_lease(queue: Queue):
    await queue.add("run")
    await queue.add_agent()
    lost = await queue.start()
    await queue.end(lost, attempt_state="lost", run_state="queued")

    with pytest.raises(StaleFenceError):
        await queue.end(lost)


async def test_decision_on_an_outdated_version_is_not_applied(queue: Queue):
    await queue.add("run")
    await queue.add_agent()
    granted = await queue.start()
    stale_rv = (await queue.fields("run"))["rv"]
    await queue.runs.cancel(["run"], "asked")

    completion = await queue.complete(
        AttemptEnding("run", 1, granted.fence, stale_rv, "failed", "failed")
    )

    assert completion.is_outdated
    assert await queue.state("run") == "cancelling"


async def test_retry_keeps_the_age_of_its_run(queue: Queue):
    await queue.add("old")
    await queue.add_agent(slots=1)
    granted = await queue.start()
    queue.clock.advance(60)
    await queue.add("new")
    await queue.end(granted, attempt_state="preempted", run_state="queued")

    assert [run.run_id for run in await queue.lease()] == ["old"]


async def test_delayed_run_is_queued_when_its_time_comes(queue: Queue):
    await queue.add("run", not_before=queue.clock.now_ms() + 5000)

    assert await queue.runs.promote_delayed(10) == (0, 5.0)
    queue.clock.advance(5)
    assert await queue.runs.promote_delayed(10) == (1, None)
    assert await queue.state("run") == "queued"


async def test_beat_orders_an_agent_to_kill_what_it_should_not_hold(queue: Queue):
    await queue.add_agent()
    held = [Held(run_id="gone", attempt=1, fence="1.1", phase=AttemptState.RUNNING)]

    outcome = await queue.leases.beat(
        "agent", "session-agent", held, deadline_seconds=60, is_draining=False
    )

    assert [(order.kind, order.run_id) for order in outcome.directives] == [
        (DirectiveKind.KILL, "gone")
    ]


async def test_beat_shows_phase_and_progress(queue: Queue):
    await queue.add("run")
    await queue.add_agent()
    granted = await queue.start()
    held = [
        Held(
            run_id="run",
            attempt=1,
            fence=granted.fence,
            phase=AttemptState.RUNNING,
            progress=0.25,
        )
    ]

    await queue.leases.beat("agent", "session-agent", held, deadline_seconds=60, is_draining=False)

    run = await queue.runs.find_run("run")
    assert run is not None
    assert (run.attempts[0]["state"], run.attempts[0]["progress"]) == ("running", "0.25")


async def test_full_beat_names_what_the_agent_no_longer_holds(queue: Queue):
    await queue.add("run")
    await queue.add_agent()
    await queue.start()

    outcome = await queue.leases.beat(
        "agent", "session-agent", [], deadline_seconds=60, is_draining=False, is_full=True
    )

    assert list(outcome.not_held) == ["run"]


async def test_draining_agent_gets_nothing(queue: Queue):
    await queue.add("run")
    await queue.add_agent()
    await queue.leases.beat("agent", "session-agent", [], deadline_seconds=60, is_draining=True)

    assert await queue.lease() == []


async def test_silent_agent_expires_only_after_its_deadline(queue: Queue):
    await queue.add_agent()
    queue.clock.advance(59)

    assert await queue.leases.list_expired_agents(10, heard_since_ms=0) == []

    queue.clock.advance(2)

    assert await queue.leases.list_expired_agents(10, heard_since_ms=0) == ["agent"]
    assert await queue.leases.forget_deadline("agent", is_leaving=False)


async def test_used_resources_equal_what_is_held(queue: Queue):
    for number in range(4):
        await queue.add(f"run-{number}")
    await queue.add_agent(slots=3)
    granted = await queue.lease(maximum=3)
    await queue.accept("agent", granted[0].run_id, 1, granted[0].fence)
    await queue.end(granted[0])

    agent = await queue.leases.find_agent("agent")

    assert agent is not None
    assert int(agent["used_cpu_milli"]) == 2000
    assert len(await queue.leases.list_held("agent")) == 2


async def test_event_of_a_lost_attempt_has_the_usage_last_heard(queue: Queue):
    await queue.add("run")
    await queue.add_agent()
    granted = await queue.start()
    usage = Usage(peak_memory=1234, cpu_seconds=5.5)
    held = [
        Held(
            run_id="run",
            attempt=1,
            fence=granted.fence,
            phase=AttemptState.RUNNING,
            usage=usage,
        )
    ]
    await queue.leases.beat("agent", "session-agent", held, deadline_seconds=60, is_draining=False)

    await queue.end(granted, attempt_state="lost", run_state="queued")

    (lost,) = [fields for fields in await queue.events("attempt") if fields["state"] == "lost"]
    assert Usage.model_validate_json(lost["usage"]) == usage
