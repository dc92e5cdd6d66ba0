import json
from typing import Any

import pytest

from mlmon_shared.wire.records import (
    attempt_document,
    batch_document,
    from_milliseconds,
    run_document,
    to_milliseconds,
)
from mlmon_shared.wire.runs import RunDocument
from mlmon_shared.wire.states import BatchState, RunState

START = 1_767_614_400_000
RUN = {
    "id": "r1",
    "job": "score",
    "version": "3",
    "client": "acme",
    "state": "queued",
    "priority": "0",
    "image": "image:1",
    "resources": '{"cpu": 2.0, "memory": 1024}',
    "params": '{"month": 12}',
    "created_at": str(START),
    "queued_at": str(START + 1_000),
    "rv": "1",
}
ATTEMPT = {
    "id": "r1.1",
    "number": "1",
    "state": "running",
    "agent": "a1",
    "host": "h1",
    "pool": "cpu",
    "fence": "1.7",
    "granted_at": str(START + 5_000),
}


def document(
    *attempts: dict[str, str], now: int = 20_000, is_durable: bool = False, **fields: str
) -> RunDocument:
    return run_document(
        {**RUN, **fields}, list(attempts), now_ms=START + now, is_durable=is_durable
    )


def test_text_becomes_what_it_stands_for():
    run = document(labels='{"a": "b"}', pools='["cpu"]', metrics='{"auc": 0.9}', is_durable=True)

    assert (run.version, run.priority, run.resources.cpu) == (3, 0, 2.0)
    assert (run.params, run.labels, run.pools) == ({"month": 12}, {"a": "b"}, ["cpu"])
    assert run.metrics == {"auc": 0.9}
    assert run.created_at == from_milliseconds(START)
    assert run.is_durable


@pytest.mark.parametrize(
    "name",
    ["reason", "cause", "exit_code", "batch", "key", "not_before", "started_at", "finished_at"],
)
def test_absent_field_and_empty_text_are_both_none(name: str):
    assert getattr(document(), name) is None
    given: dict[str, Any] = {name: ""}
    assert getattr(document(**given), name) is None


def test_fields_of_the_schedulers_own_are_left_out():
    run = document(fence="1.7", shape="c1m1g0d0", spent_user="1", order="5")

    assert run == document()


def test_waiting_run_has_waited_until_now():
    run = document(now=20_000)

    assert (run.queue_seconds, run.run_seconds, run.progress) == (19.0, None, None)


def test_run_that_was_never_ready_has_not_waited():
    assert document(state="blocked", queued_at="").queue_seconds is None


def test_run_that_ended_without_an_attempt_has_no_durations():
    run = document(state="cancelled", finished_at=str(START + 9_000))

    assert (run.queue_seconds, run.run_seconds) == (None, None)


def test_clock_behind_the_queue_shows_no_negative_wait():
    assert document(now=0).queue_seconds == 0.0


def test_granted_run_has_waited_until_its_grant():
    run = document(ATTEMPT, state="leased", attempt="1")

    assert (run.queue_seconds, run.run_seconds) == (4.0, None)


def test_running_run_runs_until_now():
    run = document({**ATTEMPT, "accepted_at": str(START + 6_000)}, state="running", attempt="1")

    assert (run.queue_seconds, run.run_seconds) == (4.0, 14.0)


def test_ended_run_ran_until_its_end():
    ended = {"accepted_at": str(START + 6_000), "finished_at": str(START + 8_500)}
    run = document({**ATTEMPT, **ended, "state": "succeeded"}, state="succeeded", attempt="1")

    assert (run.queue_seconds, run.run_seconds) == (4.0, 2.5)


def test_durations_and_progress_are_those_of_the_newest_attempt():
    first = {**ATTEMPT, "state": "lost", "progress": "0.9", "finished_at": str(START + 9_000)}
    second = {
        **ATTEMPT,
        "id": "r1.2",
        "number": "2",
        "granted_at": str(START + 12_000),
        "accepted_at": str(START + 13_000),
        "progress": "0.25",
    }
    run = document(first, second, state="running", queued_at=str(START + 10_000), attempt="2")

    assert (run.queue_seconds, run.run_seconds, run.progress) == (2.0, 7.0, 0.25)
    assert [attempt.number for attempt in run.attempts] == [1, 2]


def test_attempt_fields_are_read():
    fields = {
        **ATTEMPT,
        "state": "failed",
        "cause": "oom",
        "exit_code": "0",
        "reason": "Out of memory.",
        "phases": json.dumps({"run": 1.5}),
        "usage": json.dumps({"peak_memory": 5}),
        "progress": "0",
    }

    attempt = attempt_document(fields)

    assert (attempt.cause, attempt.exit_code, attempt.progress) == ("oom", 0, 0.0)
    assert (attempt.phases, attempt.usage.peak_memory) == ({"run": 1.5}, 5)
    assert attempt.usage.cpu_seconds is None


def test_batch_leaves_states_without_a_run_out():
    fields = {"id": "b", "state": "running", "total": "3", "created_at": str(START), "outcome": ""}

    batch = batch_document(fields, {"queued": 2, "leased": 0, "failed": 1})

    assert batch.state is BatchState.RUNNING
    assert batch.counts == {RunState.QUEUED: 2, RunState.FAILED: 1}
    assert (batch.outcome, batch.finished_at, batch.name) == (None, None, "")


@pytest.mark.parametrize("milliseconds", [0, 1, 999, START, START + 1])
def test_milliseconds_survive_the_round_trip(milliseconds: int):
    assert to_milliseconds(from_milliseconds(milliseconds)) == milliseconds


def test_checkpoints_are_shown_until_the_run_ends():
    kept = '[{"path": "a", "kind": "checkpoint", "size": 1, "sha256": "0", "attempt": 2}]'
    (shown,) = document(checkpoints=kept).checkpoints

    assert (shown.path, shown.attempt) == ("a", 2)
    ended = document(checkpoints=kept, state="failed", finished_at=str(START + 9_000))
    assert ended.checkpoints == []
