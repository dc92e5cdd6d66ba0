from datetime import UTC, datetime

from mlmon_shared.wire.agent_protocol import Directive, DirectiveKind, Grant, Vector
from mlmon_shared.wire.states import AttemptState
from mlmon_worker_agent.application.held_attempts import HeldAttempts
from mlmon_worker_agent.application.obey_directives import obey_directives
from mlmon_worker_agent.domain.attempts import StopKind
from mlmon_worker_agent.domain.watermarks import KnownHistory

CAPACITY = Vector(cpu_milli=4000, memory=100, disk=50)


def grant(run_id: str = "run-1", cpu_milli: int = 1000, fence: str = "1:1") -> Grant:
    return Grant(
        run_id=run_id,
        attempt=1,
        fence=fence,
        resources=Vector(cpu_milli=cpu_milli, memory=10),
        accept_by=datetime(2026, 1, 5, tzinfo=UTC),
        stop_after_seconds=15,
        kill_grace_seconds=5,
    )


def directive(kind: DirectiveKind, fence: str = "1:1") -> Directive:
    return Directive(kind=kind, run_id="run-1", attempt=1, fence=fence)


def test_attempt_goes_on_longer_once_history_knows_of_it():
    attempt = HeldAttempts(CAPACITY).add(
        grant().model_copy(
            update={
                "granted_at": datetime(2026, 1, 5, tzinfo=UTC),
                "stop_after_seconds": 600.0,
            }
        )
    )
    history = KnownHistory()
    assert attempt.patience_seconds(history) == 60

    history.note_watermark(epoch=1, position="1800000000000-0")
    assert attempt.patience_seconds(history) == 600


def test_free_is_what_no_attempt_uses():
    held = HeldAttempts(CAPACITY)
    held.add(grant())

    assert held.free() == Vector(cpu_milli=3000, memory=90, disk=50)
    assert not held.is_full


def test_agent_without_a_free_core_is_full():
    held = HeldAttempts(CAPACITY)
    held.add(grant(cpu_milli=4000))

    assert held.is_full


def test_attempt_is_let_go_of_once_cleaned_and_answered():
    held = HeldAttempts(CAPACITY)
    attempt = held.add(grant())
    held.settle(attempt, cleaned=True)
    assert held.free() == CAPACITY
    assert [each.run_id for each in held.list_reported()] == ["run-1"]
    held.settle(attempt, answered=True)

    assert len(held) == 0


def test_everybody_hears_of_changes():
    heard: list[int] = []
    held = HeldAttempts(CAPACITY)
    held.call_on_change(lambda: heard.append(len(held)))
    held.add(grant())

    assert heard == [1]


def test_directive_with_another_fence_is_ignored():
    held = HeldAttempts(CAPACITY)
    attempt = held.add(grant())
    obey_directives(held, [directive(DirectiveKind.CANCEL, fence="1:2")])

    assert attempt.stop_order is None


def test_kill_outranks_cancel():
    held = HeldAttempts(CAPACITY)
    attempt = held.add(grant())
    kinds = [DirectiveKind.CANCEL, DirectiveKind.KILL, DirectiveKind.CANCEL]
    obey_directives(held, [directive(kind) for kind in kinds])

    assert attempt.stop_order is not None
    assert attempt.stop_order.kind is StopKind.KILL


def test_beat_says_how_much_was_written_so_that_silence_can_be_judged():
    attempt = HeldAttempts(CAPACITY).add(grant())
    attempt.log_ends = {"stdout": 100, "stderr": 11}

    assert attempt.as_held().usage.log_bytes == 111


def test_beat_says_what_is_done_until_the_next_phase():
    attempt = HeldAttempts(CAPACITY).add(grant())
    attempt.enter(AttemptState.PREPARING)
    attempt.note_detail("pulling " + "x" * 300)

    assert attempt.as_held().detail == "pulling " + "x" * 192
    attempt.enter(AttemptState.RUNNING)
    assert attempt.as_held().detail == ""
