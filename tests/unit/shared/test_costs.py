"""What attempts cost."""

import pytest

from mlmon_shared.jobs.costs import cost_of, share_of_host
from mlmon_shared.wire.catalog import Pool
from mlmon_shared.wire.job_definitions import Resources

GIB = 2**30
HOST = Resources(cpu=8, memory=64 * GIB, gpus=4)


def a_pool(name: str, price: float | None) -> Pool:
    return Pool(name=name, resources=HOST, price_per_hour=price)


@pytest.mark.parametrize(
    ("needed", "share"),
    [
        (Resources(cpu=2, memory=8 * GIB), 0.25),
        (Resources(cpu=1, memory=32 * GIB), 0.5),
        (Resources(cpu=1, memory=GIB, gpus=3), 0.75),
        (Resources(cpu=1, memory=GIB, exclusive=True), 1.0),
        (Resources(cpu=16, memory=GIB), 1.0),
    ],
)
def test_share_is_that_of_the_scarcest_resource(needed: Resources, share: float):
    assert share_of_host(needed, HOST) == share


def test_attempt_costs_its_share_of_the_first_pool_with_a_price():
    needed = Resources(cpu=2, memory=GIB)
    pools = [a_pool("unknown", None), a_pool("cpu", 4.0), a_pool("gpu", 40.0)]

    assert cost_of(needed, pools, 1800) == pytest.approx(0.5)


def test_cost_is_unknown_without_a_price_and_nothing_where_it_is_nothing():
    assert cost_of(Resources(), [a_pool("unknown", None)], 3600) is None
    assert cost_of(Resources(), [a_pool("own", 0.0)], 3600) == 0
