import signal
from datetime import UTC, datetime

import pytest

from mlmon_worker_agent.adapters.docker.ends import exit_of, seconds_since
from mlmon_worker_agent.domain.causes import Exit


def state(code: int, *, is_oom: bool = False) -> dict[str, object]:
    return {"ExitCode": code, "OOMKilled": is_oom}


@pytest.mark.parametrize(
    ("code", "end"),
    [
        (0, Exit(exit_code=0)),
        (1, Exit(exit_code=1)),
        (127, Exit(exit_code=127)),
        (128, Exit(exit_code=128)),
        (137, Exit(signal=signal.SIGKILL)),
        (143, Exit(signal=signal.SIGTERM)),
        (255, Exit(exit_code=255)),
    ],
)
def test_exit_codes_and_signals_are_told_apart(code: int, end: Exit):
    assert exit_of(state(code)) == end


def test_memory_is_the_reason_only_of_a_failure():
    assert exit_of(state(0, is_oom=True)) == Exit(exit_code=0)
    assert exit_of(state(1, is_oom=True)) == Exit(exit_code=1, is_oom=True)
    assert exit_of(state(137, is_oom=True)) == Exit(signal=signal.SIGKILL, is_oom=True)


@pytest.mark.parametrize("code", [137, 143, 255])
def test_kill_while_the_engine_was_away_is_of_unknown_end(code: int):
    assert exit_of(state(code), is_undisturbed=False) == Exit(is_unknown=True)


@pytest.mark.parametrize("code", [0, 1, 64])
def test_end_by_itself_is_believed_also_when_the_engine_was_away(code: int):
    assert exit_of(state(code), is_undisturbed=False) == Exit(exit_code=code)


def test_times_of_the_engine_are_read_to_the_nanosecond():
    now = datetime(2026, 1, 1, 0, 0, 10, tzinfo=UTC)

    assert seconds_since("2026-01-01T00:00:08.500000001Z", now) == pytest.approx(1.5)
    assert seconds_since("2026-01-01T00:00:08Z", now) == pytest.approx(2.0)
    assert seconds_since("0001-01-01T00:00:00Z", now) is None
