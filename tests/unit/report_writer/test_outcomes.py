from datetime import timedelta
from typing import Any

import pytest

from mlmon_report_writer.domain.events import Kind
from mlmon_report_writer.domain.outcomes import Listener, Outcome, notices_of
from mlmon_report_writer.domain.webhook_retries import LONGEST, find_next_try
from mlmon_shared.testing.clocks import START


def a_run(state: str = "failed", **changed: Any) -> Outcome:
    return Outcome(Kind.RUN, "run-1", state, START, **{"job": "train", "client": "AA", **changed})


def a_listener(*events: str, **changed: Any) -> Listener:
    return Listener("chat", frozenset(events), **changed)


BATCH = Outcome(Kind.BATCH, "batch-1", "failed", START)


@pytest.mark.parametrize(
    ("listener", "outcome", "hears"),
    [
        (a_listener("run.failed"), a_run(), True),
        (a_listener("run.finished"), a_run("skipped"), True),
        (a_listener("run.failed"), a_run("succeeded"), False),
        (a_listener("batch.finished"), a_run(), False),
        (a_listener("batch.failed"), BATCH, True),
        (a_listener("run.finished"), BATCH, False),
        (a_listener("run.failed", is_paused=True), a_run(), False),
        (a_listener("run.failed", jobs=frozenset({"train"})), a_run(), True),
        (a_listener("run.failed", jobs=frozenset({"score"})), a_run(), False),
        (a_listener("run.failed", clients=frozenset({"AA"})), a_run(), True),
        (a_listener("run.failed", clients=frozenset({"BB"})), a_run(), False),
        (a_listener("run.failed", clients=frozenset()), a_run(), False),
    ],
)
def test_listener_hears_what_it_asks_for(listener: Listener, outcome: Outcome, hears: bool):
    assert listener.hears(outcome) is hears


def test_what_is_heard_by_two_names_is_told_once_and_always_with_the_same_id():
    listener = a_listener("run.failed", "run.finished")

    first = list(notices_of([a_run()], [listener]))

    assert first == list(notices_of([a_run()], [listener]))
    assert [notice.outcome.event for notice in first] == ["run.failed"]


def test_tries_come_ever_more_rarely_until_a_day_is_over():
    give_up_at, now, waits = START + LONGEST, START, list[float]()
    while len(waits) < 100:
        then = find_next_try(now=now, give_up_at=give_up_at, jitter=1.0)
        if then is None:
            break
        waits.append((then - now).total_seconds())
        now = then

    assert waits == [5, 20, 100, 500, 2500, 12_500, *[14_400] * 4]
    assert now + timedelta(hours=4) > give_up_at


def test_receiver_is_left_alone_as_long_as_it_asks_for_within_reason():
    asked = [
        find_next_try(
            now=START, give_up_at=START + LONGEST, jitter=1.0, retry_after_seconds=seconds
        )
        for seconds in (1, 60, 10**9)
    ]

    assert asked == [START + timedelta(seconds=seconds) for seconds in (5, 60, 14_400)]
