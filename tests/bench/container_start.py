"""How much longer an attempt takes in a container than a bare `docker run` of the same command."""

import argparse
import asyncio
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import docker

from mlmon_shared.testing.containers import provide_host_image, require_engine
from mlmon_shared.wire.agent_protocol import AttemptSpec
from mlmon_shared.wire.job_definitions import Resources, Retries, Timeouts
from mlmon_worker_agent.adapters.boots import read_boot_id
from mlmon_worker_agent.adapters.docker.engines import open_engine
from mlmon_worker_agent.adapters.docker.runtime import DockerRuntime
from mlmon_worker_agent.adapters.secret_folders import DEFAULT_FOLDER, SecretFolders
from mlmon_worker_agent.domain.attempts import AttemptRef
from tests.bench.reports import Goal, report

NAME: Final = "container-start"
_ROUNDS: Final = 15
_COMMAND: Final = ["true"]


def main(arguments: Sequence[str]) -> None:
    """Do both by turns and report the ratio of their medians; takes half a minute."""
    argparse.ArgumentParser(prog=NAME, description=__doc__).parse_args(arguments)
    asyncio.run(_measure())


async def _measure() -> None:
    client = require_engine()
    image = provide_host_image(client)
    seconds: dict[str, list[float]] = defaultdict(list)
    with tempfile.TemporaryDirectory() as folder:
        engine = open_engine()
        runtime = DockerRuntime(
            engine,
            Path(folder),
            api_url="http://scheduler",
            boot_id=read_boot_id(),
            secrets=SecretFolders(DEFAULT_FOLDER, folder),
        )
        for number in range(_ROUNDS + 1):
            bare = await asyncio.to_thread(_run_bare, client, image)
            ours = await _run_attempt(runtime, _spec(image, number))
            if number:  # the first warms up
                seconds["bare container"].append(bare)
                seconds["attempt"].append(ours)
        engine.client.close()
    client.close()
    ratio = statistics.median(seconds["attempt"]) / statistics.median(seconds["bare container"])
    report(NAME, seconds, [Goal("attempt_over_bare", ratio, 1.5, "lower")], rounds=_ROUNDS)


def _run_bare(client: docker.APIClient, image: str) -> float:
    begun = time.perf_counter()
    made: dict[str, Any] = client.create_container(
        image, _COMMAND, host_config=client.create_host_config(network_mode="none", init=True)
    )
    client.start(made["Id"])
    client.wait(made["Id"])
    client.logs(made["Id"])
    client.remove_container(made["Id"], v=True)
    return time.perf_counter() - begun


async def _run_attempt(runtime: DockerRuntime, spec: AttemptSpec) -> float:
    ref = AttemptRef(spec.run_id, spec.attempt, spec.fence)
    begun = time.perf_counter()
    await runtime.prepare(spec)
    await runtime.start(spec)
    async for _ in runtime.output(ref):
        continue
    await runtime.wait(ref)
    await runtime.remove(ref)
    return time.perf_counter() - begun


def _spec(image: str, number: int) -> AttemptSpec:
    return AttemptSpec(
        run_id=f"bench-{number}",
        attempt=1,
        fence=uuid4().hex,
        job="bench",
        version=1,
        client="bench",
        image=image,
        command=_COMMAND,
        environment={},
        params={},
        resources=Resources(memory=64 * 2**20),
        timeouts=Timeouts(),
        retries=Retries(),
        inputs=[],
        outputs=[],
    )
