"""What a notice about the host means for what runs there."""

from datetime import UTC, datetime, timedelta

import pytest

from mlmon_shared.wire.states import AttemptState, Cause
from mlmon_worker_agent.domain.attempts import StopKind, StopOrder
from mlmon_worker_agent.domain.causes import classify_stop
from mlmon_worker_agent.domain.host_notices import HostNotice, NoticeKind

NOW = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)
IN_TWO_MINUTES = HostNotice(NoticeKind.INTERRUPTION, NOW + timedelta(minutes=2))


def test_interruption_says_when_and_leaves_time_for_uploads():
    assert IN_TWO_MINUTES.explain(NOW) == (
        "The host is a spot instance that is taken back at 12:02:00 UTC, in 120 s."
    )
    assert IN_TWO_MINUTES.grace_seconds(NOW, 10.0) == pytest.approx(90.0)
    assert IN_TWO_MINUTES.grace_seconds(NOW + timedelta(minutes=3), 10.0) == 0.0
    assert IN_TWO_MINUTES.explain(NOW + timedelta(minutes=3)).endswith("in 0 s.")


def test_without_a_time_the_usual_grace_holds():
    assert HostNotice(NoticeKind.TERMINATION).grace_seconds(NOW, 10.0) == 10.0
    assert HostNotice(NoticeKind.INTERRUPTION).explain(NOW) == (
        "The host is a spot instance that is taken back."
    )


def test_graver_notices_outrank_and_the_same_again_does_not():
    rebalance, termination = HostNotice(NoticeKind.REBALANCE), HostNotice(NoticeKind.TERMINATION)

    assert rebalance.outranks(None)
    assert termination.outranks(rebalance)
    assert IN_TWO_MINUTES.outranks(termination)
    assert not IN_TWO_MINUTES.outranks(IN_TWO_MINUTES)
    assert not rebalance.outranks(termination)
    assert [each.ends_attempts for each in (rebalance, termination, IN_TWO_MINUTES)] == [
        False,
        True,
        True,
    ]


def test_what_a_spot_interruption_stops_is_preempted_for_that_cause():
    outcome = classify_stop(StopOrder(StopKind.SPOT, "Taken back.", 90.0))

    assert (outcome.state, outcome.cause) == (AttemptState.PREEMPTED, Cause.SPOT)
