"""What an agent with nothing to do takes of its host: memory, and processor time."""

import argparse
import asyncio
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import psutil

from mlmon_shared.testing.polling import eventually_sync
from mlmon_worker_agent.adapters.boots import read_boot_id
from mlmon_worker_agent.adapters.last_contacts import find_last_contact
from tests.bench.clusters import running_cluster
from tests.bench.reports import Goal, report_rows

NAME: Final = "idle-agent"
_MIB: Final = 2**20
_GOAL_MIB: Final = 60.0
_GOAL_SHARE: Final = 0.01


def main(arguments: Sequence[str]) -> None:
    """Start a real agent on a real server and watch it; a minute and a half."""
    parser = argparse.ArgumentParser(prog=NAME, description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--runtime", choices=["docker", "process"], default="docker")
    parser.add_argument("--pyz", type=Path, help="the package's, in place of this checkout's code")
    parser.add_argument("--status-port", type=int, default=0)
    options = parser.parse_args(arguments)
    asyncio.run(_measure(options))


async def _measure(options: argparse.Namespace) -> None:
    program = [sys.executable, "-m", "mlmon_worker_agent"]
    if options.pyz is not None:
        program = [str(options.pyz.absolute())]
    async with running_cluster() as cluster:
        with tempfile.TemporaryDirectory() as folder:
            state = Path(folder) / "state"
            environment = dict(os.environ) | {
                "SHIV_ROOT": f"{folder}/shiv",
                "MLMON_AGENT_SERVER_URL": cluster.scheduler_url,
                "MLMON_AGENT_BOOTSTRAP_TOKEN": cluster.agent_token,
                "MLMON_AGENT_STATE_FOLDER": str(state),
                "MLMON_AGENT_RUNTIME": options.runtime,
                "MLMON_AGENT_STATUS_PORT": str(options.status_port),
            }
            # Unpacks and compiles, which a host does once, not at each start.
            doctor = await asyncio.create_subprocess_exec(*program, "doctor", env=environment)
            if await doctor.wait() != 0:
                raise RuntimeError("the doctor is not content with this host")
            process = await asyncio.create_subprocess_exec(*program, env=environment)
            try:
                memory, share = await asyncio.to_thread(_watch, process.pid, state, options.seconds)
            finally:
                process.terminate()
                await process.wait()
    goals = [
        Goal("resident_mib", memory / _MIB, _GOAL_MIB, "lower"),
        Goal("core_share", share, _GOAL_SHARE, "lower"),
    ]
    rows = [
        ("resident memory", f"{memory / _MIB:.1f} MiB"),
        ("share of a core", f"{share * 100:.2f} %"),
    ]
    results = {"resident_bytes": memory, "core_share": round(share, 5)}
    report_rows(NAME, ("what", "figure"), rows, goals, rounds=1, results=results)


def _watch(pid: int, state: Path, seconds: float) -> tuple[int, float]:
    """Return the resident bytes, and the share of a core, after the agent has registered."""
    boot_id = read_boot_id()
    eventually_sync(lambda: find_last_contact(state, boot_id=boot_id), within_seconds=60)
    agent = psutil.Process(pid)
    # What starting took is not what idling takes.
    time.sleep(5)
    before, began = sum(agent.cpu_times()[:2]), time.monotonic()
    time.sleep(seconds)
    spent = sum(agent.cpu_times()[:2]) - before
    return int(agent.memory_info().rss), spent / (time.monotonic() - began)
