"""Agents as real processes against the scripted scheduler."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Protocol

import pytest

from tests.instance_metadata import Metadata, serve_metadata


class Server(Protocol):
    """What an agent process needs of the scheduler."""

    url: str


class ScriptedScheduler(Server, Protocol):
    """What the end of a test needs of it, too."""

    is_down: bool


class AgentProcess:
    """A real agent process; what it started is ended with it."""

    def __init__(self, folder: Path, scheduler: Server) -> None:
        self.folder = folder
        self._scheduler = scheduler
        self.settings: dict[str, str] = {}
        self.environment: dict[str, str] = {}
        self._process: asyncio.subprocess.Process | None = None

    @property
    def scratch(self) -> Path:
        return self.folder / "scratch"

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def log(self) -> str:
        return (self.folder.parent / "agent.log").read_text()

    async def start(self, **settings: str | None) -> None:
        """Start it with these settings; None takes one away that it would have."""
        environment = {
            "PATH": os.environ["PATH"],
            "MLMON_AGENT_SERVER_URL": self._scheduler.url,
            "MLMON_AGENT_BOOTSTRAP_TOKEN": "bootstrap",
            "MLMON_AGENT_STATE_FOLDER": str(self.folder),
            "MLMON_AGENT_CPU": "4",
            "MLMON_AGENT_MEMORY": "4Gi",
            "MLMON_AGENT_LOG_FORMAT": "text",
            # This machine's disk may be as full as it likes, and its images are other tests' too.
            "MLMON_AGENT_IMAGE_LIMIT_PERCENT": "100",
            "MLMON_AGENT_DISK_LIMIT_PERCENT": "100",
        }
        for name, value in {**self.settings, **settings}.items():
            if value is None:
                environment.pop(f"MLMON_AGENT_{name.upper()}", None)
            else:
                environment[f"MLMON_AGENT_{name.upper()}"] = value
        environment |= self.environment
        with (self.folder.parent / "agent.log").open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "mlmon_worker_agent",
                env=environment,
                stdin=asyncio.subprocess.PIPE,
                stdout=log,
                stderr=log,
            )

    async def wait(self) -> int:
        assert self._process is not None
        async with asyncio.timeout(30):
            return await self._process.wait()

    def signal(self, number: int) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def close_stdin(self) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.close()

    async def kill(self) -> None:
        self.signal(signal.SIGKILL)
        await self.wait()

    async def stop(self) -> int:
        """End it in order, with all that it runs."""
        assert self._process is not None
        if self._process.returncode is None:
            self.signal(signal.SIGTERM)
            self.close_stdin()
            with contextlib.suppress(ProcessLookupError):
                self.signal(signal.SIGTERM)
        return await self.wait()


@pytest.fixture
async def agent(tmp_path: Path, scheduler: ScriptedScheduler) -> AsyncIterator[AgentProcess]:
    made = AgentProcess(tmp_path / "state", scheduler)
    yield made
    scheduler.is_down = False
    if made._process is not None:
        await made.stop()
        assert not list(made.scratch.iterdir()), "something was left behind"


@pytest.fixture
async def metadata() -> AsyncIterator[Metadata]:
    async with serve_metadata() as made:
        yield made


@pytest.fixture
def marked_processes() -> Callable[[str], list[int]]:
    """Return the processes whose environment names a run."""

    def find(run_id: str) -> list[int]:
        found = []
        for folder in Path("/proc").iterdir():
            if not folder.name.isdecimal():
                continue
            with contextlib.suppress(OSError):
                entries = (folder / "environ").read_bytes().split(b"\0")
                if f"MLMON_RUN_ID={run_id}".encode() in entries:
                    found.append(int(folder.name))
        return found

    return find
