from mlmon_scheduler.domain.attempt_limits import AttemptLimits, limits_of
from mlmon_shared.wire.job_definitions import Timeouts


def test_server_gives_the_agent_time_to_stop_the_command_and_to_say_so():
    limits = limits_of(Timeouts(run=600, silence=1.5), kill_grace_seconds=10)

    assert limits == AttemptLimits(run_ms=600_000, silence_ms=1500, margin_ms=40_000)


def test_command_may_be_silent_for_ever():
    assert limits_of(Timeouts(), kill_grace_seconds=0).silence_ms is None
