"""What the agent does when answers, sessions, contact or the agent itself are lost."""

import signal

from mlmon_shared.testing.polling import eventually
from mlmon_shared.wire.agent_protocol import DirectiveKind
from mlmon_shared.wire.states import AttemptState, Cause

FOREVER = "import time\nprint('ready', flush=True)\ntime.sleep(600)"
UNTIL_TOLD = """
import os, pathlib, time
print("before", flush=True)
while not pathlib.Path({flag!r}).exists():
    time.sleep(0.02)
print("after", flush=True)
pathlib.Path(os.environ["MLMON_OUT"], "made.txt").write_text("made")
"""


async def ready(scheduler, spec):
    await eventually(lambda: "ready" in scheduler.log_of(spec))


async def test_stale_accept_is_discarded(scheduler, agent):
    spec = scheduler.python(FOREVER)
    scheduler.stale.add(spec.fence)
    await agent.start()
    await eventually(lambda: scheduler.accepts)
    await eventually(lambda: scheduler.beats and not scheduler.beats[-1].held)

    assert scheduler.results == []


async def test_stale_result_is_not_sent_again(scheduler, agent):
    spec = scheduler.python(FOREVER)
    await agent.start()
    await ready(scheduler, spec)
    scheduler.stale.add(spec.fence)
    scheduler.cancel(spec)
    await eventually(lambda: scheduler.results)
    scheduler.directives.clear()
    await agent.stop()
    await agent.start()
    await eventually(lambda: len(scheduler.syncs) == 2)

    assert scheduler.finals == {}
    assert scheduler.syncs[-1].results == []


async def test_kill_directive_discards(scheduler, agent, marked_processes):
    spec = scheduler.python(FOREVER, run_id="run-to-kill")
    await agent.start()
    await ready(scheduler, spec)
    scheduler.cancel(spec, DirectiveKind.KILL)
    await eventually(lambda: not marked_processes("run-to-kill"))
    await eventually(lambda: not scheduler.beats[-1].held)

    assert scheduler.results == []


async def test_lost_answers_change_nothing(scheduler, agent):
    scheduler.lost_answers = ["/register", "/sync", "/poll", "/accept", "/results", "/logs"]
    code = "import os\nopen(os.environ['MLMON_OUT'] + '/made.txt', 'w').write('made')\nprint('hi')"
    spec = scheduler.python(code, outputs=[scheduler.output("made.txt")])
    scheduler.lost_answers.append("/upload")
    await agent.start()
    result = await scheduler.result(spec)

    assert result.state is AttemptState.SUCCEEDED
    assert scheduler.uploads["made.txt"] == b"made"
    assert scheduler.log_of(spec) == "hi\n"
    await eventually(lambda: scheduler.lost_answers == [])
    assert len(scheduler.finals) == 1


async def test_refused_session_registers_again_and_keeps_the_attempt(scheduler, agent):
    spec = scheduler.python(FOREVER)
    await agent.start()
    await ready(scheduler, spec)
    scheduler.valid_session = "wiped"
    await eventually(lambda: scheduler.sessions == 2)
    await eventually(lambda: len(scheduler.syncs) == 2)

    assert scheduler.registrations[1].agent_id == "agent-1"
    assert [held.run_id for held in scheduler.syncs[1].held] == [spec.run_id]
    assert scheduler.results == []
    scheduler.cancel(spec)
    assert (await scheduler.result(spec)).state is AttemptState.CANCELLED


async def test_killed_agent_adopts_its_attempt_again(scheduler, agent, tmp_path):
    flag = tmp_path / "flag"
    spec = scheduler.python(
        UNTIL_TOLD.format(flag=str(flag)), outputs=[scheduler.output("made.txt")]
    )
    await agent.start()
    await eventually(lambda: "before" in scheduler.log_of(spec))
    await agent.kill()
    await agent.start()
    await eventually(lambda: len(scheduler.syncs) == 2)
    flag.touch()
    result = await scheduler.result(spec)

    assert [held.run_id for held in scheduler.syncs[1].held] == [spec.run_id]
    assert result.state is AttemptState.SUCCEEDED
    assert len(scheduler.accepts) == 1
    assert scheduler.uploads["made.txt"] == b"made"
    assert scheduler.log_of(spec) == "before\nafter\n"


async def test_attempt_that_ended_without_its_agent_is_reported(
    scheduler, agent, tmp_path, marked_processes
):
    flag = tmp_path / "flag"
    spec = scheduler.python(
        UNTIL_TOLD.format(flag=str(flag)),
        run_id="run-alone",
        outputs=[scheduler.output("made.txt")],
    )
    await agent.start()
    await eventually(lambda: "before" in scheduler.log_of(spec))
    await agent.kill()
    flag.touch()
    await eventually(lambda: not marked_processes("run-alone"))
    await agent.start()
    result = await scheduler.result(spec)

    assert result.state is AttemptState.SUCCEEDED
    assert scheduler.log_of(spec) == "before\nafter\n"


async def test_attempt_lost_while_the_agent_was_away_is_killed(scheduler, agent, marked_processes):
    spec = scheduler.python(FOREVER, run_id="run-lost")
    await agent.start()
    await ready(scheduler, spec)
    await agent.kill()
    scheduler.stale.add(spec.fence)
    await agent.start()
    await eventually(lambda: not marked_processes("run-lost"))

    assert scheduler.results == []


async def test_results_are_kept_until_they_are_durable(scheduler, agent):
    spec = scheduler.enqueue("true")
    await agent.start()
    await scheduler.result(spec)
    scheduler.epoch = 2
    await eventually(lambda: len(scheduler.syncs) == 2)
    assert [result.fence for result in scheduler.syncs[1].results] == [spec.fence]
    scheduler.watermark = "1000-0"
    heard = len(scheduler.beats)
    await eventually(lambda: len(scheduler.beats) > heard + 2)
    scheduler.epoch = 3
    await eventually(lambda: len(scheduler.syncs) == 3)

    assert scheduler.syncs[2].results == []


async def test_lost_contact_stops_the_attempt(scheduler, agent, marked_processes):
    scheduler.stop_after_seconds = 1.0
    spec = scheduler.python(FOREVER, run_id="run-out-of-contact")
    await agent.start()
    await ready(scheduler, spec)
    scheduler.is_down = True
    await eventually(lambda: not marked_processes("run-out-of-contact"))
    scheduler.is_down = False
    result = await scheduler.result(spec)

    assert (result.state, result.cause) == (AttemptState.LOST, Cause.LOST)


async def test_attempt_that_history_may_not_know_of_is_stopped_sooner(
    scheduler, agent, marked_processes
):
    scheduler.young_stop_after_seconds = 1.0
    spec = scheduler.python(FOREVER, run_id="run-young")
    await agent.start()
    await ready(scheduler, spec)
    scheduler.is_down = True
    await eventually(lambda: not marked_processes("run-young"))


async def test_new_epoch_is_synchronised_with_all_that_is_held(scheduler, agent):
    spec = scheduler.python(FOREVER)
    await agent.start()
    await ready(scheduler, spec)
    scheduler.epoch = 2
    await eventually(lambda: len(scheduler.syncs) == 2)
    (held,) = scheduler.syncs[1].held

    assert (held.run_id, held.fence) == (spec.run_id, spec.fence)
    assert held.granted_at is not None
    scheduler.cancel(spec)
    assert (await scheduler.result(spec)).state is AttemptState.CANCELLED


async def test_drain_finishes_what_runs_and_takes_no_more(scheduler, agent, tmp_path):
    flag = tmp_path / "flag"
    code = UNTIL_TOLD.format(flag=str(flag)).replace("before", "ready")
    spec = scheduler.python(code)
    await agent.start()
    await ready(scheduler, spec)
    agent.signal(signal.SIGTERM)
    await eventually(lambda: "drain" in scheduler.farewells)
    await eventually(lambda: scheduler.beats[-1].is_draining)
    scheduler.enqueue("true")
    flag.touch()
    status = await agent.wait()

    assert status == 0
    assert scheduler.finals[spec.fence].state is AttemptState.SUCCEEDED
    assert scheduler.farewells == ["drain", "deregister"]
    assert len(scheduler.queue) == 1


async def test_second_signal_stops_what_runs(scheduler, agent, marked_processes):
    spec = scheduler.python(FOREVER, run_id="run-signalled")
    await agent.start()
    await ready(scheduler, spec)
    agent.signal(signal.SIGTERM)
    await eventually(lambda: "drain" in scheduler.farewells)
    agent.signal(signal.SIGTERM)
    status = await agent.wait()
    result = await scheduler.result(spec)

    assert status == 0
    assert (result.state, result.cause) == (AttemptState.PREEMPTED, Cause.HOST)
    assert scheduler.farewells[-1] == "deregister"
    assert marked_processes("run-signalled") == []


async def test_end_of_the_grace_stops_what_runs(scheduler, agent):
    spec = scheduler.python(FOREVER)
    await agent.start(stop_grace_seconds="0.2")
    await ready(scheduler, spec)
    agent.signal(signal.SIGTERM)
    status = await agent.wait()

    assert status == 0
    assert scheduler.finals[spec.fence].state is AttemptState.PREEMPTED


async def test_end_of_the_parent_stops_what_runs(scheduler, agent, marked_processes):
    spec = scheduler.python(FOREVER, run_id="run-orphaned")
    await agent.start(stop_with_parent="true")
    await ready(scheduler, spec)
    agent.close_stdin()
    status = await agent.wait()

    assert status == 0
    assert scheduler.finals[spec.fence].state is AttemptState.PREEMPTED
    assert marked_processes("run-orphaned") == []
