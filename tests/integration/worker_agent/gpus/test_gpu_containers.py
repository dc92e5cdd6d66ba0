"""Which devices a container is given. The engine has none to give: it is asked, and refuses."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import docker
import pytest

from mlmon_shared.testing.containers import HOST_PYTHON, provide_host_image, require_engine
from mlmon_shared.wire.agent_protocol import AttemptSpec
from mlmon_shared.wire.job_definitions import Resources, Retries, Timeouts
from mlmon_worker_agent.adapters.boots import read_boot_id
from mlmon_worker_agent.adapters.docker.engines import open_engine
from mlmon_worker_agent.adapters.docker.runtime import DockerRuntime
from mlmon_worker_agent.adapters.secret_folders import DEFAULT_FOLDER, SecretFolders
from mlmon_worker_agent.domain.attempts import AttemptRef
from mlmon_worker_agent.domain.errors import RuntimeFailedError
from tests.integration.worker_agent.gpus.conftest import FIRST, SECOND

# Others on this machine may run these tests, too.
REF = AttemptRef("run-1", 1, uuid4().hex)
pytestmark = pytest.mark.containers


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    folder = tmp_path / "scratch"
    folder.mkdir()
    return folder


@pytest.fixture
async def runtime(scratch: Path) -> AsyncIterator[DockerRuntime]:
    require_engine().close()
    engine = open_engine()
    made = DockerRuntime(
        engine,
        scratch,
        api_url="http://scheduler",
        boot_id=read_boot_id(),
        secrets=SecretFolders(DEFAULT_FOLDER, f"tests-{uuid4().hex}"),
    )
    yield made
    await made.remove(REF)
    engine.client.close()


def spec_of(client: docker.APIClient, **changes: Any) -> AttemptSpec:
    values: dict[str, Any] = {
        "run_id": REF.run_id,
        "attempt": REF.number,
        "fence": REF.fence,
        "job": "job",
        "version": 1,
        "client": "client",
        "image": provide_host_image(client),
        "command": [HOST_PYTHON, "-c", "pass"],
        "environment": {},
        "params": {},
        "resources": Resources(memory=64 * 2**20, cpu=0.5),
        "timeouts": Timeouts(),
        "retries": Retries(),
        "inputs": [],
        "outputs": [],
    }
    return AttemptSpec.model_validate(values | changes)


def inspect(client: docker.APIClient, scratch: Path) -> dict[str, Any]:
    (found,) = client.containers(all=True, filters={"label": f"mlmon.agent={scratch}"})
    facts: dict[str, Any] = client.inspect_container(found["Id"])
    return facts


def environment_of(facts: dict[str, Any]) -> dict[str, str]:
    return dict(entry.split("=", 1) for entry in facts["Config"]["Env"])


async def test_container_is_given_its_devices_by_their_uuids(runtime, scratch):
    client = require_engine()
    try:
        spec = spec_of(client, environment={"NVIDIA_VISIBLE_DEVICES": "all"})
        await runtime.prepare(spec)
        with pytest.raises(RuntimeFailedError, match="NVIDIA's Container Toolkit is missing"):
            await runtime.start(spec, [FIRST, SECOND])
        facts = inspect(client, scratch)
    finally:
        client.close()

    (request,) = facts["HostConfig"]["DeviceRequests"]
    assert request["DeviceIDs"] == [FIRST, SECOND]
    assert request["Capabilities"] == [["gpu"]]
    # `--gpus all` would be -1.
    assert request["Count"] == 0
    assert environment_of(facts)["NVIDIA_VISIBLE_DEVICES"] == f"{FIRST},{SECOND}"
    assert facts["Config"]["Labels"]["mlmon.gpus"] == f"{FIRST},{SECOND}"


async def test_container_without_gpus_is_given_none_whatever_it_says(runtime, scratch):
    client = require_engine()
    try:
        spec = spec_of(client, environment={"NVIDIA_VISIBLE_DEVICES": "all"})
        await runtime.prepare(spec)
        await runtime.start(spec)
        await runtime.wait(REF)
        facts = inspect(client, scratch)
    finally:
        client.close()

    assert not facts["HostConfig"]["DeviceRequests"]
    assert environment_of(facts)["NVIDIA_VISIBLE_DEVICES"] == "void"
    assert "mlmon.gpus" not in facts["Config"]["Labels"]
