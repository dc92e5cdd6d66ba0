from typing import Any

import pytest

from mlmon_config_api.domain.pools import find_contradictions, read_pool
from mlmon_shared.errors import InvalidRequestError
from mlmon_shared.wire.catalog import Pool
from mlmon_shared.wire.validation import validate

POOL: dict[str, Any] = {"name": "gpu", "resources": {"cpu": 8, "memory": "64Gi", "gpus": 2}}
GPU = {"/resources/gpu"}


def test_pool_that_agrees_with_itself_has_no_contradictions():
    takes = {
        "at_least": {"gpus": 1},
        "at_most": {"gpus": 1},
        "shapes": [{"cpu": 4, "gpus": 1}, {"cpu": 8, "memory": "64Gi", "gpus": 2}],
    }
    pool = validate(Pool, {**POOL, "takes": takes, "scaling": {"min_hosts": 2, "max_hosts": 2}})

    assert find_contradictions(pool) == []


def test_all_contradictions_are_told_at_their_places():
    takes = {
        "at_least": {"gpus": 3, "cpu": 4},
        "at_most": {"cpu": 2},
        "shapes": [{}, {"memory": "128Gi", "cpu": 1}],
    }
    pool = validate(Pool, {**POOL, "takes": takes, "scaling": {"min_hosts": 3, "max_hosts": 2}})

    assert {fault.pointer: fault.detail for fault in find_contradictions(pool)} == {
        "/takes/at_least/gpus": "no run fits: the largest host has 2 GPUs",
        "/takes/at_least/cpu": "no run fits: at_most is 2 cores",
        "/takes/shapes/0": "any run is within it; name an amount, or leave the shape out",
        "/takes/shapes/1/memory": "larger than a host: the largest host has 64 GiB of memory",
        "/takes/shapes/1/cpu": "no run fits: at_least is 4 cores",
        "/scaling/min_hosts": "more than max_hosts, which is 2",
    }


def faults_of(**changed: Any) -> set[str]:
    with pytest.raises(InvalidRequestError) as caught:
        read_pool({**POOL, **changed})
    return {fault["pointer"] for fault in caught.value.errors}


def test_contradictions_are_told_beside_what_cannot_be_read():
    shapes = [{"cpu": 64}, {"cpu": "many", "gpus": 4}]
    takes = {"at_least": {"cpu": 9, "gpu": 1}, "shapes": shapes, "jobs": ["a b"]}
    scaling = {"kind": "asg", "min_hosts": 3, "max_hosts": 2}

    assert faults_of(takes=takes, scaling=scaling, network="vpn", lane_shares={"urgent": 1}) == {
        "/takes/at_least/cpu",
        "/takes/at_least/gpu",
        "/takes/shapes/0/cpu",
        "/takes/shapes/1/cpu",
        "/takes/shapes/1/gpus",
        "/takes/jobs/0",
        "/scaling/kind",
        "/scaling/min_hosts",
        "/network",
        "/lane_shares/urgent",
    }


@pytest.mark.parametrize(
    ("changed", "pointers"),
    [
        ({"resources": {"cpu": 8, "gpu": 2}, "takes": {"at_least": {"gpus": 1}}}, GPU),
        ({"resources": 8, "takes": {"at_least": {"gpus": 1}}}, {"/resources"}),
        ({"takes": {"shapes": [{"cpus": 64}]}}, {"/takes/shapes/0/cpus"}),
        ({"takes": {"shapes": ["large"], "at_least": {"cpu": 4}}}, {"/takes/shapes/0"}),
        ({"scaling": {"min_hosts": 3, "max_hosts": "two"}}, {"/scaling/max_hosts"}),
        ({"scaling": [3, 2], "takes": 7}, {"/scaling", "/takes"}),
    ],
)
def test_what_only_follows_from_a_fault_is_not_told(changed: Any, pointers: set[str]):
    assert faults_of(**changed) == pointers


@pytest.mark.parametrize("data", [None, [], "pool", 3])
def test_what_is_no_pool_at_all_is_one_fault(data: object):
    with pytest.raises(InvalidRequestError) as caught:
        read_pool(data)

    assert len(caught.value.errors) == 1


@pytest.mark.parametrize("kind", ["kubernetes", "auto-scaling-group", 5, None])
def test_kind_of_scaling_that_nothing_implements_is_refused(kind: object):
    with pytest.raises(InvalidRequestError) as caught:
        validate(Pool, {**POOL, "scaling": {"kind": kind}})

    (fault,) = caught.value.errors
    assert fault["pointer"] == "/scaling/kind"
    assert "is not available in this version of MLMon" in fault["detail"]
    assert 'write "static"' in fault["detail"]
