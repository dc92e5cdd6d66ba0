from datetime import UTC, datetime

from mlmon_scheduler.domain.start_deadlines import start_fields
from mlmon_shared.wire.job_definitions import Timeouts

MOMENT = datetime(2026, 1, 5, 12, tzinfo=UTC)


def test_run_without_a_limit_may_start_at_any_time():
    assert start_fields(Timeouts(), None) == {}


def test_definition_says_a_length_of_time():
    assert start_fields(Timeouts(start=1.5), None) == {"start_within_ms": "1500"}


def test_moment_of_the_submission_goes_before_the_definition():
    assert start_fields(Timeouts(start=1.5), MOMENT) == {"start_by": "1767614400000"}
