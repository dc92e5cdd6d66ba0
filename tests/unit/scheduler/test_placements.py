from dataclasses import dataclass

from mlmon_scheduler.domain.placements import explain_agents
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
