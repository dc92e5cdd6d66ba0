from datetime import UTC, datetime, timedelta

import pytest

from mlmon_config_api.domain.guessing import Counter, Failures, counters_of, wait_until
from mlmon_config_api.domain.return_paths import safe_return_path

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
COUNTER = Counter("user ann", free=5)


@pytest.mark.parametrize(
    ("count", "seconds"), [(0, None), (4, None), (5, 1), (6, 2), (9, 16), (15, 900), (5000, 900)]
)
def test_wait_doubles_with_each_failure_and_has_an_end(count, seconds):
    expected = NOW + timedelta(seconds=seconds) if seconds is not None else None

    assert wait_until(COUNTER, Failures(count, NOW)) == expected


def test_one_address_is_slowed_down_long_before_the_user_is():
    here, address, user = counters_of("ann", "10.0.0.7")

    assert here.free < address.free < user.free
    assert len({here.key, address.key, user.key}) == 3


@pytest.mark.parametrize("path", ["/", "/runs?state=failed", "/jobs/train/versions/3#diff"])
def test_path_of_ours_is_returned_to(path):
    assert safe_return_path(path) == path


@pytest.mark.parametrize(
    "path",
    [
        None,
        "",
        "runs",
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example/",
        "\\\\evil.example",
        "/\t/evil.example",
        "/runs\r\nSet-Cookie: a=b",
        "javascript:alert(1)",
        "/%0a" + "x" * 2000,
        "/ж",
    ],
)
def test_path_elsewhere_leads_to_the_start_page(path):
    assert safe_return_path(path) == "/"
