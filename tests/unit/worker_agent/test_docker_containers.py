from pathlib import Path
from typing import Any

import pytest

from mlmon_shared.wire.agent_protocol import AttemptSpec
from mlmon_shared.wire.job_definitions import ContainerOptions, Resources, Retries, Timeouts
from mlmon_worker_agent.adapters.docker.containers import ContainerPolicy, host_settings, in_turn

GIB = 2**30


def settings_of(
    options: ContainerOptions, *, disk: int = GIB, has_quota: bool = True
) -> dict[str, Any]:
    spec = AttemptSpec(
        run_id="run-1",
        attempt=1,
        fence="1.1",
        job="job",
        version=1,
        client="client",
        image="image",
        command=["true"],
        environment={},
        params={},
        resources=Resources(memory=2 * GIB, disk=disk),
        container=options,
        timeouts=Timeouts(),
        retries=Retries(),
        inputs=[],
        outputs=[],
    )
    policy = ContainerPolicy()
    folders = Path("/scratch"), Path("/secrets")
    return host_settings(spec, *folders, policy, cores=4, has_quota=has_quota)


def test_quota_limits_a_root_that_can_be_written_to():
    assert settings_of(ContainerOptions(read_only=False))["storage_opt"] == {"size": str(GIB)}


@pytest.mark.parametrize(
    ("options", "disk", "has_quota"),
    [
        (ContainerOptions(), GIB, True),
        (ContainerOptions(read_only=False), 0, True),
        (ContainerOptions(read_only=False), GIB, False),
    ],
)
def test_quota_is_asked_for_only_where_there_is_something_to_limit(
    options: ContainerOptions, disk: int, has_quota: bool
):
    assert settings_of(options, disk=disk, has_quota=has_quota)["storage_opt"] is None


def test_tmp_takes_no_more_than_the_memory():
    sizes = [
        settings_of(ContainerOptions(tmp=tmp))["tmpfs"]["/tmp"].rpartition("=")[2]  # noqa: S108
        for tmp in (None, GIB, 4 * GIB)
    ]

    assert sizes == [str(2 * GIB), str(GIB), str(2 * GIB)]


def test_agents_begin_at_different_cpus():
    starts = {in_turn([0, 1, 2, 3], f"/scratch/{number}")[0] for number in range(50)}

    assert starts == {0, 1, 2, 3}
    assert sorted(in_turn([0, 1, 2, 3], "/scratch")) == [0, 1, 2, 3]
    assert in_turn([], "/scratch") == []
