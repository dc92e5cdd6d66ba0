import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlmon_scheduler.domain.durations import BUCKET_GROWTH, estimate_of, unknown_estimate


def histogram(seconds: list[float]) -> dict[int, int]:
    counts: dict[int, int] = {}
    for duration in seconds:
        bucket = math.floor(math.log(duration) / math.log(BUCKET_GROWTH))
        counts[bucket] = counts.get(bucket, 0) + 1
    return counts


def test_nothing_measured_is_no_estimate():
    assert estimate_of({}) is None


@given(st.lists(st.floats(0.002, 1e6), min_size=1, max_size=200))
def test_estimates_are_within_a_bucket_of_the_truth(seconds: list[float]):
    estimate = estimate_of(histogram(seconds))

    assert estimate is not None
    ordered = sorted(seconds)
    for found, share in ((estimate.p50, 0.5), (estimate.p90, 0.9)):
        true = ordered[math.ceil(share * len(ordered)) - 1]
        assert true / BUCKET_GROWTH * 0.999 <= found <= true * BUCKET_GROWTH * 1.001
    assert estimate.mean == pytest.approx(sum(seconds) / len(seconds), rel=0.13)


def test_job_that_never_ran_may_take_all_that_it_is_allowed():
    assert unknown_estimate(7200.0).mean == 600.0
    assert unknown_estimate(7200.0).p90 == 7200.0
    assert unknown_estimate(60.0).mean == 60.0
