from typing import Any

import pytest

from mlmon_config_api.domain.pools import find_contradictions
from mlmon_shared.errors import InvalidRequestError
from mlmon_shared.wire.catalog import Pool
from mlmon_shared.wire.validation import validate

POOL: dict[str, Any] = {"name": "gpu", "resources": {"cpu": 8, "memory": "64Gi", "gpus": 2}}


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


@pytest.mark.parametrize("kind", ["kubernetes", "auto-scaling-group", 5, None])
def test_kind_of_scaling_that_nothing_implements_is_refused(kind: object):
    with pytest.raises(InvalidRequestError) as caught:
        validate(Pool, {**POOL, "scaling": {"kind": kind}})

    (fault,) = caught.value.errors
    assert fault["pointer"] == "/scaling/kind"
    assert "is not available in this version of MLMon" in fault["detail"]
    assert 'write "static"' in fault["detail"]
