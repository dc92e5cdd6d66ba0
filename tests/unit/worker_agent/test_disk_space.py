import pytest

from mlmon_worker_agent.domain.disk_space import DiskLimits


@pytest.mark.parametrize(
    ("percent", "wants_space", "is_full"),
    [(79.9, False, False), (80.0, True, False), (89.9, True, False), (90.0, True, True)],
)
def test_limits_are_reached_by_what_is_as_full_as_they_say(
    percent: float, *, wants_space: bool, is_full: bool
) -> None:
    limits = DiskLimits(image_percent=80.0, full_percent=90.0)

    assert limits.wants_space(percent) is wants_space
    assert limits.is_full(percent) is is_full


def test_whole_disk_is_no_limit() -> None:
    limits = DiskLimits(image_percent=100.0, full_percent=100.0)

    assert not limits.wants_space(100.0)
    assert not limits.is_full(100.0)
