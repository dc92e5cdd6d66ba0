"""An engine, and agents that run containers on it."""

import os
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import docker
import pytest

from mlmon_shared.testing.containers import provide_host_image, require_engine
from tests.integration.worker_agent.docker.own_engines import OwnEngine, running_engine
from tests.integration.worker_agent.processes.conftest import AgentProcess, ScriptedScheduler

DOCKER_URL = os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock")


@pytest.fixture
def client() -> Iterator[docker.APIClient]:
    made = require_engine()
    yield made
    made.close()


@pytest.fixture(scope="package")
def engine() -> Iterator[OwnEngine]:
    require_engine().close()
    with running_engine() as own:
        yield own


@pytest.fixture
def image(client: docker.APIClient) -> str:
    return provide_host_image(client)


@pytest.fixture
def containers_of(client: docker.APIClient) -> Callable[[Path], list[dict[str, Any]]]:
    """Return the containers of the agent with this scratch folder."""

    def find(scratch: Path) -> list[dict[str, Any]]:
        label = f"mlmon.agent={scratch}"
        found: list[dict[str, Any]] = client.containers(all=True, filters={"label": label})
        return found

    return find


@pytest.fixture
async def agent(
    tmp_path: Path,
    scheduler: ScriptedScheduler,
    containers_of: Callable[[Path], list[dict[str, Any]]],
) -> AsyncIterator[AgentProcess]:
    made = AgentProcess(tmp_path / "state", scheduler)
    made.settings = {"runtime": "docker", "docker_url": DOCKER_URL}
    yield made
    scheduler.is_down = False
    if made._process is not None:
        await made.stop()
        assert not list(made.scratch.iterdir()), "something was left behind"
        assert containers_of(made.scratch) == [], "a container was left behind"
