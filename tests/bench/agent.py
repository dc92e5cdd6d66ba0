"""What an agent adds to containers: their wall time, logs a second, and its memory with many."""

import argparse
import asyncio
import json
import os
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, BinaryIO, Final

import psutil

from mlmon_shared.testing.containers import HOST_PYTHON, provide_host_image, require_engine
from mlmon_shared.testing.polling import eventually
from mlmon_shared.wire.batches import BatchDocument, BatchSubmission
from mlmon_shared.wire.states import BatchState, RunState
from tests.bench.clusters import Cluster, running_cluster
from tests.bench.reports import Goal, report_rows

NAME: Final = "agent"
_MIB: Final = 2**20
_SHORT: Final = {"short": ["sleep", "0.2"], "held": ["sleep", "600"]}
_LINE: Final = "x" * 199
_OVER_BARE: Final = 1.15
_LOG_MIB_PER_SECOND: Final = 10.0


def main(arguments: Sequence[str]) -> None:
    """Measure all three, with real services and a Docker engine; about five minutes."""
    parser = argparse.ArgumentParser(prog=NAME, description=__doc__)
    parser.add_argument("--containers", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--log-mib", type=int, default=64)
    parser.add_argument("--attempts", type=int, default=100)
    asyncio.run(_measure(parser.parse_args(arguments)))


async def _measure(options: argparse.Namespace) -> None:
    client = require_engine()
    image = provide_host_image(client)
    seconds: dict[str, list[float]] = defaultdict(list)
    async with running_cluster() as cluster:
        for name, command in _SHORT.items():
            await _define(cluster, name, image, command)
        code = f"for _ in range({options.log_mib * _MIB // (len(_LINE) + 1)}): print('{_LINE}')"
        await _define(cluster, "talks", image, [HOST_PYTHON, "-c", code])
        for _ in range(options.rounds):
            for side_by_side in (1, 4):
                bare = await asyncio.to_thread(_run_bare, image, options.containers, side_by_side)
                seconds[f"bare, {side_by_side} at a time"].append(bare)
                async with _running_agent(cluster, cores=side_by_side):
                    ours = await _run_batch(cluster, "short", options.containers)
                seconds[f"attempts, {side_by_side} at a time"].append(ours)
        async with _running_agent(cluster, cores=options.attempts) as agent:
            talking = await _run_batch(cluster, "talks", 1)
            before, full = await _hold_many(cluster, agent, options.attempts)
    client.close()
    _report(options, seconds, options.log_mib / talking, before / _MIB, full / _MIB)


async def _define(cluster: Cluster, name: str, image: str, command: list[str]) -> None:
    definition = {
        "name": name,
        "image": image,
        "command": command,
        "resources": {"cpu": 1, "memory": "16Mi" if name != "talks" else "64Mi"},
    }
    applied = await cluster.config_api.apply_job_definition(json.dumps(definition).encode())
    cluster.scheduler.config_revision = applied.config_revision


@asynccontextmanager
async def _running_agent(cluster: Cluster, *, cores: int) -> AsyncIterator[psutil.Process]:
    """Run a real agent with so many cores to give, until it is not needed any more."""
    with tempfile.TemporaryDirectory() as folder, _open_log(folder) as log:
        environment = dict(os.environ) | {
            "MLMON_AGENT_SERVER_URL": cluster.scheduler_url,
            "MLMON_AGENT_BOOTSTRAP_TOKEN": cluster.agent_token,
            "MLMON_AGENT_STATE_FOLDER": f"{folder}/state",
            "MLMON_AGENT_RUNTIME": "docker",
            "MLMON_AGENT_CPU": str(cores),
            "MLMON_AGENT_MEMORY": "64Gi",
            "MLMON_AGENT_STOP_WITH_PARENT": "true",
        }
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "mlmon_worker_agent"),
            env=environment,
            stdin=asyncio.subprocess.PIPE,
            stdout=log,
            stderr=log,
        )
        try:
            await eventually(
                lambda: _has_agents(cluster, 1), within_seconds=60, describe="the agent is there"
            )
            yield psutil.Process(process.pid)
        finally:
            assert process.stdin is not None
            process.stdin.close()
            await process.wait()
            await eventually(
                lambda: _has_agents(cluster, 0), within_seconds=60, describe="the agent is gone"
            )


def _open_log(folder: str) -> BinaryIO:
    return Path(folder, "log").open("wb")


async def _has_agents(cluster: Cluster, count: int) -> bool:
    page = await cluster.scheduler.list_agents()
    return sum(agent.is_alive for agent in page.items) == count


async def _run_batch(cluster: Cluster, job: str, count: int) -> float:
    """Run so many at once and return the seconds from submission to the last end."""
    begun = time.perf_counter()
    batch = await _submit(cluster, job, count)
    ended = await eventually(
        lambda: _ended(cluster, batch.id), within_seconds=600, every_seconds=0.02
    )
    seconds = time.perf_counter() - begun
    if ended.counts != {RunState.SUCCEEDED: count}:
        raise RuntimeError(f"the runs of {job} ended otherwise: {ended.counts}")
    return seconds


async def _submit(cluster: Cluster, job: str, count: int) -> BatchDocument:
    items = [{"key": str(number), "job": job, "client": "acme"} for number in range(count)]
    return await cluster.scheduler.submit_batch(BatchSubmission.model_validate({"items": items}))


async def _ended(cluster: Cluster, batch_id: str) -> BatchDocument | None:
    batch = await cluster.scheduler.get_batch(batch_id)
    return batch if batch.state is BatchState.FINISHED else None


async def _hold_many(cluster: Cluster, agent: psutil.Process, count: int) -> tuple[int, int]:
    """Return the agent's resident bytes without attempts, and with so many."""
    before = agent.memory_info().rss
    batch = await _submit(cluster, "held", count)

    async def is_running() -> bool:
        found = await cluster.scheduler.get_batch(batch.id)
        return found.counts.get(RunState.RUNNING, 0) == count

    await eventually(is_running, within_seconds=300, every_seconds=0.5)
    full = agent.memory_info().rss
    await cluster.scheduler.cancel_batch(batch.id)
    await eventually(lambda: _ended(cluster, batch.id), within_seconds=300, every_seconds=0.5)
    return before, full


def _run_bare(image: str, count: int, side_by_side: int) -> float:
    """Run the same containers without MLMon and return the seconds of all."""
    begun = time.perf_counter()
    with ThreadPoolExecutor(side_by_side) as pool:
        list(pool.map(_run_one, [image] * count))
    return time.perf_counter() - begun


def _run_one(image: str) -> None:
    """As `docker run --rm` does, within the limits that attempts have."""
    client = require_engine()
    made: dict[str, Any] = client.create_container(
        image,
        _SHORT["short"],
        host_config=client.create_host_config(
            network_mode="none", init=True, mem_limit=16 * _MIB, memswap_limit=16 * _MIB
        ),
    )
    client.start(made["Id"])
    client.wait(made["Id"])
    client.logs(made["Id"])
    client.remove_container(made["Id"], v=True)
    client.close()


def _report(
    options: argparse.Namespace,
    seconds: dict[str, list[float]],
    log_mib_per_second: float,
    idle_mib: float,
    full_mib: float,
) -> None:
    medians = {name: statistics.median(values) for name, values in seconds.items()}
    goals = [
        Goal(
            f"over_bare_{number}_at_a_time",
            medians[f"attempts, {number} at a time"] / medians[f"bare, {number} at a time"],
            _OVER_BARE,
            "lower",
        )
        for number in (1, 4)
    ]
    goals.append(Goal("log_mib_per_second", log_mib_per_second, _LOG_MIB_PER_SECOND, "higher"))
    rows = [(f"{options.containers} {name}", f"{value:.1f} s") for name, value in medians.items()]
    rows += [
        (
            f"{options.log_mib} MiB of log, start and end included",
            f"{log_mib_per_second:.1f} MiB/s",
        ),
        ("resident memory, no attempts", f"{idle_mib:.1f} MiB"),
        (f"resident memory, {options.attempts} attempts", f"{full_mib:.1f} MiB"),
    ]
    report_rows(
        NAME,
        ("what", "figure"),
        rows,
        goals,
        rounds=options.rounds,
        results={name: round(value, 3) for name, value in medians.items()}
        | {"resident_mib": round(idle_mib, 1), "resident_mib_full": round(full_mib, 1)},
    )
