import signal

import pytest

from mlmon_shared.wire.job_definitions import Timeouts
from mlmon_shared.wire.states import AttemptState, Cause
from mlmon_worker_agent.domain.attempts import StopKind, StopOrder
from mlmon_worker_agent.domain.causes import (
    Exit,
    classify_exit,
    classify_stop,
    clean_hint,
    disk_order,
    silence_order,
    timeout_order,
)


def test_exit_code_zero_is_success():
    outcome = classify_exit(Exit(exit_code=0), last_words="a warning")

    assert (outcome.state, outcome.cause, outcome.reason) == (AttemptState.SUCCEEDED, None, "")


def test_exit_code_is_the_users_error_with_its_last_words():
    outcome = classify_exit(Exit(exit_code=64), last_words="OO has 32 flights")

    assert outcome.cause is Cause.USER_ERROR
    assert outcome.exit_code == 64
    assert outcome.reason == (
        'The command ended with exit code 64. Its last words: "OO has 32 flights"'
    )


def test_exit_without_words_has_a_short_reason():
    assert classify_exit(Exit(exit_code=1)).reason == "The command ended with exit code 1."


@pytest.mark.parametrize(
    ("last_words", "is_disk_full", "cause"),
    [
        ("", True, Cause.DISK),
        ("cp: No space left on device", False, Cause.DISK),
        ("no such month", True, Cause.USER_ERROR),
        ("", False, Cause.USER_ERROR),
    ],
)
def test_full_disk_is_told_from_a_users_error(last_words: str, is_disk_full: bool, cause: Cause):
    outcome = classify_exit(Exit(exit_code=2), last_words=last_words, is_disk_full=is_disk_full)

    assert outcome.cause is cause


def test_signal_is_named():
    outcome = classify_exit(Exit(signal=signal.SIGSEGV))

    assert outcome.cause is Cause.USER_ERROR
    assert outcome.reason == "The command was ended by signal 11 (SIGSEGV)."


def test_kill_from_outside_is_explained():
    assert classify_exit(Exit(signal=signal.SIGKILL)).reason == (
        "The command was ended by signal 9 (SIGKILL). It was not MLMon that sent it, nor the "
        "memory limit of the job."
    )


def test_real_time_signal_is_numbered():
    assert classify_exit(Exit(signal=40)).reason == "The command was ended by signal 40."


def test_oom_says_limit_and_use():
    outcome = classify_exit(
        Exit(signal=9, is_oom=True), memory_limit=512 * 2**20, peak_memory=3 * 2**29
    )

    assert outcome.cause is Cause.OOM
    assert outcome.reason == (
        "The command needed more memory than its limit of 512 MiB (it had 1.5 GiB)."
    )


def test_full_disk_is_recognised_by_its_words():
    outcome = classify_exit(
        Exit(exit_code=1), last_words="OSError: [Errno 28] No space left on device"
    )

    assert outcome.cause is Cause.DISK
    assert outcome.reason.startswith("The command ran out of disk space.")


def test_unseen_end_is_the_hosts_fault():
    assert classify_exit(Exit(is_unknown=True)).cause is Cause.HOST


@pytest.mark.parametrize(
    ("kind", "state", "cause"),
    [
        (StopKind.TIMEOUT, AttemptState.FAILED, Cause.TIMEOUT),
        (StopKind.HUNG, AttemptState.FAILED, Cause.HUNG),
        (StopKind.GPU, AttemptState.FAILED, Cause.GPU),
        (StopKind.HOST, AttemptState.PREEMPTED, Cause.HOST),
        (StopKind.LOST, AttemptState.LOST, Cause.LOST),
        (StopKind.CANCEL, AttemptState.CANCELLED, None),
    ],
)
def test_stop_order_decides_the_outcome(kind, state, cause):
    outcome = classify_stop(StopOrder(kind, "because", 1.0))

    assert (outcome.state, outcome.cause, outcome.reason) == (state, cause, "because")


def test_later_kinds_of_orders_outrank_earlier_ones():
    cancel, host = StopOrder(StopKind.CANCEL, "", 0), StopOrder(StopKind.HOST, "", 0)

    assert cancel.outranks(host)
    assert not host.outranks(cancel)
    assert not cancel.outranks(cancel)


def test_timeouts_are_written_as_people_say_them():
    timeouts = Timeouts(run=7200.0, silence=90.0)

    assert timeout_order(timeouts, 1.0).reason == "The command ran longer than its timeout of 2 h."
    assert silence_order(timeouts, 1.0).reason == (
        "The command printed nothing for 90 s and counts as hung."
    )


def test_hint_has_no_control_characters_and_is_short():
    hint = clean_hint("\x1b[31mred\x07\t  words\r " + "x" * 300)

    assert hint.startswith("[31mred words x")
    assert len(hint) == 200
    assert hint.isprintable()


def test_too_much_disk_is_the_commands_own_doing():
    order = disk_order(3 * 2**30, 2**30, 5.0)
    outcome = classify_stop(order)

    assert (outcome.state, outcome.cause) == (AttemptState.FAILED, Cause.USER_ERROR)
    assert outcome.reason == (
        "The attempt took 3 GiB of the host's disk, its inputs included; the job asks for 1 GiB "
        "(resources.disk)."
    )
