from dataclasses import dataclass

from mlmon_scheduler.domain.placements import explain_agents, explain_preference
from mlmon_scheduler.domain.shapes import class_of, pools_of
from mlmon_shared.wire.agent_protocol import Vector
from mlmon_shared.wire.catalog import Pool

_SMALL = Vector(cpu_milli=1000, memory=2**30, gpus=0, disk=0)


@dataclass(frozen=True)
class Host:
    """An agent."""

    pool: str = "gpu"
    host: str = "h1"
    offered: str = ""
    capacity: Vector = _SMALL
    is_open: bool = True


def test_explanation_says_when_a_pool_has_fewer_hosts_than_it_should():
    pool = Pool.model_validate({"name": "gpu", "resources": {}, "scaling": {"min_hosts": 2}})
    shape = {"shape": "c2000m1g0d0"}

    for pools in (["gpu"], None):
        summary, _ = explain_agents(shape, pools, [Host(), Host(is_open=False)], {"gpu": pool})
        assert summary.endswith("is large enough; pool gpu has 1 of at least 2 hosts.")
    summary, _ = explain_agents(shape, ["gpu"], [Host(), Host()], {"gpu": pool})
    assert summary.endswith("is large enough.")


def test_explanation_says_when_a_run_waits_for_the_pool_that_it_prefers():
    fields = {"class": class_of(["cpu", "gpu"]), "queued_at": "0"}

    (found,) = explain_preference(fields, [Host()], 59_999, 60.0)

    assert found.detail == (
        "Its job prefers pool cpu, where no agent could take it now; those of other pools may "
        "from 1970-01-01T00:01:00+00:00 on."
    )
    assert explain_preference(fields, [Host()], 60_000, 60.0) == []
    assert explain_preference(fields, [Host(), Host(pool="cpu")], 0, 60.0) == []


def test_pools_of_which_none_is_preferred_are_a_class_of_their_own():
    of_class = class_of(["cpu", "gpu"], is_ordered=False)

    assert of_class != class_of(["cpu", "gpu"])
    assert pools_of(of_class) == pools_of(class_of(["cpu", "gpu"])) == ["cpu", "gpu"]
    assert explain_preference({"class": of_class, "queued_at": "0"}, [Host()], 0, 60.0) == []
    assert class_of(["cpu"], is_ordered=False) == class_of(["cpu"])
    assert pools_of(class_of([], is_ordered=False)) is None
