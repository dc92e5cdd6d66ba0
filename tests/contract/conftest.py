"""Each adapter of the port `ContainerRuntime`, on the same host, and attempts for it."""

import contextlib
import textwrap
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from mlmon_shared.testing.containers import (
    HOST_PYTHON,
    host_image_name,
    provide_host_image,
    require_engine,
)
from mlmon_shared.wire.agent_protocol import AttemptSpec
from mlmon_shared.wire.job_definitions import Resources, Retries, Timeouts
from mlmon_worker_agent.adapters.boots import read_boot_id
from mlmon_worker_agent.adapters.docker.containers import ContainerPolicy
from mlmon_worker_agent.adapters.docker.engines import open_engine
from mlmon_worker_agent.adapters.docker.runtime import DockerRuntime
from mlmon_worker_agent.adapters.docker.users import agent_user
from mlmon_worker_agent.adapters.process.runtime import ProcessRuntime
from mlmon_worker_agent.adapters.secret_folders import DEFAULT_FOLDER, SecretFolders
from mlmon_worker_agent.application.ports import ContainerRuntime
from mlmon_worker_agent.domain.attempts import AttemptRef, StopKind, StopOrder
from mlmon_worker_agent.domain.causes import Exit

MIB = 2**20
SECRETS = SecretFolders(DEFAULT_FOLDER, f"tests-{uuid4().hex}")
IMAGE = host_image_name()
# Processes are killed by what marks them: others on this machine may run these tests, too.
FENCE = uuid4().hex
RuntimeFactory = Callable[[], ContainerRuntime]


@pytest.fixture(params=["process", "docker"])
def make_runtime(request: pytest.FixtureRequest, tmp_path: Path) -> RuntimeFactory:
    """Make a runtime on the same host; each call stands for a start of the agent."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    if request.param == "process":
        return lambda: ProcessRuntime(scratch, {}, api_url="http://scheduler", secrets=SECRETS)
    client = require_engine()
    provide_host_image(client)
    client.close()

    def make() -> ContainerRuntime:
        engine = open_engine()
        request.addfinalizer(engine.client.close)
        policy = ContainerPolicy(user=agent_user())
        return DockerRuntime(
            engine,
            scratch,
            api_url="http://scheduler",
            boot_id=read_boot_id(),
            secrets=SECRETS,
            policy=policy,
        )

    return make


@pytest.fixture
async def runtime(make_runtime: RuntimeFactory) -> AsyncIterator[ContainerRuntime]:
    made = make_runtime()
    yield made
    for found in await made.list_existing():
        await made.remove(found.ref)


def spec_of(*command: str, **changes: Any) -> AttemptSpec:
    values: dict[str, Any] = {
        "run_id": "run-1",
        "attempt": 1,
        "fence": FENCE,
        "job": "job",
        "version": 1,
        "client": "client",
        "image": IMAGE,
        "command": list(command),
        "environment": {},
        "params": {},
        "resources": Resources(memory=512 * MIB),
        "timeouts": Timeouts(),
        "retries": Retries(),
        "inputs": [],
        "outputs": [],
    }
    return AttemptSpec.model_validate(values | changes)


def python(code: str, **changes: Any) -> AttemptSpec:
    return spec_of(HOST_PYTHON, "-c", textwrap.dedent(code), **changes)


def ref_of(spec: AttemptSpec) -> AttemptRef:
    return AttemptRef(spec.run_id, spec.attempt, spec.fence)


def order(grace_seconds: float) -> StopOrder:
    return StopOrder(StopKind.CANCEL, "somebody cancelled", grace_seconds)


async def begin(runtime: ContainerRuntime, spec: AttemptSpec) -> AttemptRef:
    await runtime.prepare(spec)
    await runtime.start(spec)
    return ref_of(spec)


async def run(runtime: ContainerRuntime, spec: AttemptSpec) -> tuple[Exit, dict[str, bytes]]:
    ref = await begin(runtime, spec)
    text = {"stdout": b"", "stderr": b""}
    async for piece in runtime.output(ref):
        assert piece.offset == len(text[piece.stream])
        text[piece.stream] += piece.data
    return await runtime.wait(ref), text


async def first_line(runtime: ContainerRuntime, ref: AttemptRef) -> str:
    async with aclosing(runtime.output(ref)) as pieces:  # type: ignore[type-var]
        async for piece in pieces:
            return str(piece.data.decode().splitlines()[0])
    raise AssertionError("no output")


def processes_of(spec: AttemptSpec) -> list[str]:
    """Return the processes of this host, in containers or not, that carry a run's id."""
    found = []
    for folder in Path("/proc").iterdir():
        if not folder.name.isdecimal():
            continue
        with contextlib.suppress(OSError):
            entries = (folder / "environ").read_bytes().split(b"\0")
            if f"MLMON_RUN_ID={spec.run_id}".encode() in entries:
                found.append(folder.name)
    return found
