"""Which pools a run may go to."""

from typing import Any

import pytest

from mlmon_scheduler.domain.catalogs import Catalog, check_run
from mlmon_shared.wire.catalog import Client, CurrentDefinition, Pool, Snapshot
from mlmon_shared.wire.job_definitions import JobDefinition, Resources

GIB = 2**30


def pools_for(
    takes: dict[str, Any],
    *,
    client: str = "acme",
    special: dict[str, Any] | None = None,
    **fields: Any,
) -> tuple[Any, str]:
    """Return the pools of a run of `score` between a plain pool and one that takes this only."""
    definition = JobDefinition.model_validate(
        {"name": "score", "image": "image:1", "command": ["x"], **fields}
    )
    plain = Pool.model_validate({"name": "plain", "resources": {"cpu": 4, "memory": "8Gi"}})
    host = Resources(cpu=16, memory=64 * GIB, gpus=2)
    other = Pool.model_validate(
        {"name": "special", "resources": host, "takes": takes, **(special or {})}
    )
    catalog = Catalog.of(
        Snapshot(
            config_revision=1,
            job_definitions=[CurrentDefinition(name="score", version=1, definition=definition)],
            clients=[Client(name="acme", labels={"tier": "gold"}), Client(name="bolt")],
            pools=[plain, other],
            tokens=[],
        )
    )
    checked, faults = check_run(catalog, job="score", version=None, client=client, params={}, at="")
    reasons = "; ".join(f"{fault['pointer']}: {fault['detail']}" for fault in faults)
    return (checked.pools if checked is not None else None), reasons


def test_run_that_every_pool_takes_may_go_to_any_that_there_will_be():
    assert pools_for({}) == ((), "")


@pytest.mark.parametrize(
    ("takes", "resources", "expected"),
    [
        ({"at_least": {"gpus": 1}}, {"cpu": 2}, ("plain",)),
        ({"at_least": {"gpus": 1}}, {"cpu": 2, "gpus": 1}, ()),
        ({"at_most": {"memory": "1Gi"}}, {"memory": "2Gi"}, ("plain",)),
        ({"at_most": {"memory": "1Gi"}}, {"memory": "1Gi"}, ()),
    ],
)
def test_pool_takes_what_asks_for_as_much_as_it_says(
    takes: dict[str, Any], resources: dict[str, Any], expected: tuple[str, ...]
):
    assert pools_for(takes, resources=resources) == (expected, "")


def test_pool_takes_the_jobs_and_clients_that_it_says():
    assert pools_for({"jobs": ["train"]}) == (("plain",), "")
    assert pools_for({"jobs": ["score"]}) == ((), "")
    gold = {"clients": {"labels": {"tier": "gold"}}}
    assert pools_for(gold) == ((), "")
    assert pools_for(gold, client="bolt") == (("plain",), "")


def test_named_pools_keep_their_order():
    found = pools_for({"clients": {"names": ["acme"]}}, pools=["special", "plain"])
    assert found == (("special", "plain"), "")


def test_run_that_only_a_pool_that_does_not_take_it_has_room_for_is_refused():
    asked = {"cpu": 8, "memory": "16Gi"}

    assert pools_for({"at_least": {"gpus": 1}}, resources=asked) == (
        None,
        (
            "/job: score cannot be placed: pool special takes runs of at least 1 GPUs only, and it "
            "asks for 0 GPUs"
        ),
    )
    assert pools_for(
        {"clients": {"names": ["acme"]}}, client="bolt", pools=["special"], resources=asked
    ) == (None, "/client: score cannot be placed: special takes no runs for bolt")


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"cpu": 8, "memory": "32Gi", "gpus": 1}, ()),
        ({"cpu": 16, "memory": "64Gi", "gpus": 2}, ()),
        ({"cpu": 2, "memory": "8Gi"}, ()),
        ({"cpu": 3, "memory": "8Gi"}, ("plain",)),
    ],
)
def test_pool_takes_runs_within_one_of_its_shapes(asked: dict[str, Any], expected: tuple[str, ...]):
    shapes = [
        {"cpu": 2, "gpus": 0},
        {"cpu": 2.5, "memory": "32Gi"},
        {"cpu": 8, "memory": "32Gi", "gpus": 1},
        {"gpus": 2, "cpu": 16},
    ]
    wanted = shapes[:2] if asked.get("gpus") is None else shapes

    assert pools_for({"shapes": wanted}, resources=asked) == (expected, "")


def test_run_within_no_shape_of_the_only_pool_with_room_is_refused():
    shapes = [{"cpu": 8, "gpus": 1}, {"memory": "16Gi", "gpus": 2}]

    assert pools_for({"shapes": shapes}, resources={"cpu": 12, "memory": "32Gi", "gpus": 1}) == (
        None,
        (
            "/job: score cannot be placed: pool special takes runs within 8 cores, 1 GPUs or "
            "16 GiB of memory, 2 GPUs only"
        ),
    )


def test_pool_takes_jobs_with_the_labels_that_it_says():
    takes = {"job_labels": {"team": "growth"}}

    assert pools_for(takes) == (("plain",), "")
    assert pools_for(takes, labels={"team": "growth", "a": "b"}) == ((), "")
    _, reasons = pools_for(takes, pools=["special"], labels={"team": "risk"})
    assert reasons.endswith("pool special takes only jobs with the label team=growth")


def test_job_that_requires_another_label_than_a_pool_has_does_not_go_there():
    special = {"labels": {"gpu": "t4"}}

    assert pools_for({}, special=special, requires={"labels": {"gpu": "t4"}}) == ((), "")
    # Agents of the other pool may have it.
    assert pools_for({}, special=special, requires={"labels": {"gpu": "a100"}}) == (("plain",), "")
    assert pools_for(
        {}, special=special, pools=["special"], requires={"labels": {"gpu": "a100"}}
    ) == (
        None,
        (
            "/job: score cannot be placed: the hosts of pool special have gpu=t4, and it requires "
            "gpu=a100"
        ),
    )


def test_pool_of_no_hosts_takes_nothing():
    special = {"scaling": {"max_hosts": 0}}

    assert pools_for({}, special=special) == (("plain",), "")
    _, reasons = pools_for({}, special=special, resources={"gpus": 1})
    assert reasons.endswith(
        "pool special may have no hosts; raise its scaling.max_hosts, which is 0"
    )
