"""How many-th a run is among those of other clients."""

import pytest

from mlmon_scheduler.domain.forecasts import Share, place_of


@pytest.mark.parametrize(
    ("rival", "expected"),
    [
        (Share(-1.0, 1.0, 5), 2),
        (Share(1.0, 1.0, 5), 1),
        (Share(0.0, 1.0, 5), 1),
        (Share(0.0, 1.0, 5, wins_ties=True), 2),
        (Share(0.0, 1.0, 0, wins_ties=True), 1),
        (Share(1.0, 1.0, 5, wins_ties=True), 1),
    ],
)
def test_rival_that_used_less_or_as_much_and_comes_first_by_name_goes_first(
    rival: Share, expected: int
):
    assert place_of(Share(0.0, 1.0, 0), 0, 1.0, [rival], 0) == expected
