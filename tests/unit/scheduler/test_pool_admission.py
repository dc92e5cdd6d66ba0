"""Which pools a run may go to."""

from typing import Any

import pytest

from mlmon_scheduler.domain.catalogs import Catalog, check_run
from mlmon_shared.wire.catalog import Client, CurrentDefinition, Pool, Snapshot
from mlmon_shared.wire.job_definitions import JobDefinition, Resources

GIB = 2**30


def pools_for(takes: dict[str, Any], *, client: str = "acme", **fields: Any) -> tuple[Any, str]:
    """Return the pools of a run of `score` between a plain pool and one that takes this only."""
    definition = JobDefinition.model_validate(
        {"name": "score", "image": "image:1", "command": ["x"], **fields}
    )
    host = Resources(cpu=16, memory=64 * GIB, gpus=2)
    plain = Pool.model_validate({"name": "plain", "resources": {"cpu": 4, "memory": "8Gi"}})
    special = Pool(name="special", resources=host).model_copy(
        update={
            "takes": Pool.model_validate(
                {"name": "x", "resources": host.model_dump(), "takes": takes}
            ).takes
        }
    )
    catalog = Catalog.of(
        Snapshot(
            config_revision=1,
            job_definitions=[CurrentDefinition(name="score", version=1, definition=definition)],
            clients=[Client(name="acme", labels={"tier": "gold"}), Client(name="bolt")],
            pools=[plain, special],
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
