"""An agent puts another release in its place, and the installed command goes back where it fails.

The real command (deploy/agent/mlmon-agent.sh), started again as systemd would; releases are small
programs that run this checkout's agent, and say that they are another version.
"""

import asyncio
import contextlib
import hashlib
import os
import signal
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from mlmon_shared.testing.polling import eventually
from mlmon_shared.wire.agent_releases import AgentRelease
from tests.integration.worker_agent.conftest import FakeScheduler

COMMAND = Path(__file__).parents[4] / "deploy" / "agent" / "mlmon-agent.sh"
AGENT = """\
if "--version" in sys.argv:
    print({version!r})
    sys.exit()
from mlmon_worker_agent.__main__ import main
sys.exit(main())
"""


def program(version: str, *, behaviour: str = AGENT) -> bytes:
    """Return a release: what it is after it has told its version."""
    text = f"#!{sys.executable}\nimport sys\n# {version}\n{behaviour.format(version=version)}"
    return text.encode()


BROKEN = 'print({version!r}) if "--version" in sys.argv else sys.exit("broken")\n'
SILENT = 'print({version!r}) if "--version" in sys.argv else __import__("signal").pause()\n'


@dataclass
class InstalledAgent:
    """The command as the unit runs it: whenever it ends, it is started again."""

    folder: Path
    scheduler: FakeScheduler
    environment: dict[str, str] = field(default_factory=dict)
    starts: int = 0
    pid: int = 0
    is_stopping: bool = False

    @property
    def releases(self) -> Path:
        return self.folder / "releases"

    @property
    def log(self) -> str:
        return (self.folder / "agent.log").read_text()

    def offer(self, content: bytes, version: str, *, sha256: str | None = None) -> AgentRelease:
        """Serve a file, and have the pool name it."""
        self.scheduler.downloads[f"agents/{version}"] = content
        release = AgentRelease(
            version=version,
            url=f"{self.scheduler.url}/files/agents/{version}",
            sha256=sha256 or hashlib.sha256(content).hexdigest(),
        )
        self.scheduler.agent_release = release
        return release

    async def keep_running(self) -> None:
        installed = self.folder / "installed.pyz"
        installed.write_bytes(program("1"))
        installed.chmod(0o700)
        (self.folder / "agent.env").touch()
        fixed = {
            "PATH": os.environ["PATH"],
            "SHIV_ROOT": str(self.folder / "unpacked"),
            "MLMON_AGENT_INSTALLED": str(installed),
            "MLMON_AGENT_RELEASES_FOLDER": str(self.releases),
            "MLMON_AGENT_CONFIG": str(self.folder / "agent.env"),
            "MLMON_AGENT_SERVER_URL": self.scheduler.url,
            "MLMON_AGENT_BOOTSTRAP_TOKEN": "bootstrap",
            "MLMON_AGENT_STATE_FOLDER": str(self.folder / "state"),
            "MLMON_AGENT_CPU": "4",
            "MLMON_AGENT_MEMORY": "4Gi",
            "MLMON_AGENT_LOG_FORMAT": "text",
            "MLMON_AGENT_IMAGE_LIMIT_PERCENT": "100",
            "MLMON_AGENT_DISK_LIMIT_PERCENT": "100",
            "MLMON_AGENT_UPDATE_SPREAD_SECONDS": "0",
        }
        while not self.is_stopping:
            with (self.folder / "agent.log").open("ab") as log:
                process = await asyncio.create_subprocess_exec(
                    "/bin/sh", COMMAND, env=fixed | self.environment, stdout=log, stderr=log
                )
            self.starts += 1
            self.pid = process.pid
            await process.wait()

    def stop(self) -> None:
        self.is_stopping = True
        for _ in range(2):
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGTERM)


@pytest.fixture
async def installed(tmp_path: Path, scheduler: FakeScheduler) -> AsyncIterator[InstalledAgent]:
    made = InstalledAgent(tmp_path, scheduler)
    async with asyncio.TaskGroup() as group:
        running = group.create_task(made.keep_running())
        yield made
        made.stop()
        await running


def current(agent: InstalledAgent) -> str:
    file = agent.releases / "current"
    return file.read_text().strip() if file.exists() else ""


async def test_agent_becomes_the_release_of_its_pool_and_keeps_its_attempts(
    installed: InstalledAgent, scheduler: FakeScheduler
) -> None:
    spec = scheduler.enqueue("sleep", "600")
    await eventually(lambda: scheduler.beats and scheduler.beats[-1].held)

    release = installed.offer(program("2"), "2")
    await eventually(lambda: len(scheduler.registrations) > 1, within_seconds=60)
    await eventually(
        lambda: (
            current(installed) == release.sha256 and not (installed.releases / "trial").exists()
        ),
        within_seconds=60,
    )
    # Two that come one after the other: what nobody goes back to is gone.
    third = installed.offer(program("3"), "3")
    await eventually(lambda: current(installed) == third.sha256, within_seconds=60)
    await eventually(lambda: not (installed.releases / "trial").exists(), within_seconds=60)
    fourth = installed.offer(program("4"), "4")
    await eventually(lambda: current(installed) == fourth.sha256, within_seconds=60)
    await eventually(
        lambda: (
            {path.stem for path in installed.releases.glob("*.pyz")}
            == {third.sha256, fourth.sha256}
        ),
        within_seconds=60,
    )

    held = scheduler.beats[-1].held
    assert [(each.run_id, each.attempt) for each in held] == [(spec.run_id, 1)]
    assert not scheduler.finals
    assert installed.starts == 4
    scheduler.cancel(spec)
    await eventually(lambda: scheduler.finals, within_seconds=30)


async def test_release_that_ends_at_once_is_taken_back(
    installed: InstalledAgent, scheduler: FakeScheduler
) -> None:
    await eventually(lambda: scheduler.beats)
    release = installed.offer(program("2", behaviour=BROKEN), "2")

    await eventually(
        lambda: scheduler.beats[-1].update_fault.startswith("2 was started here"),
        within_seconds=60,
    )

    assert current(installed) == ""
    assert (installed.releases / "refused").read_text().split() == [release.sha256]
    assert installed.log.count("broken") == 3
    assert "back to the one before" in installed.log
    starts = installed.starts
    beats = len(scheduler.beats)
    await eventually(lambda: len(scheduler.beats) > beats + 10)
    assert installed.starts == starts


async def test_release_that_is_silent_is_taken_back(
    installed: InstalledAgent, scheduler: FakeScheduler
) -> None:
    await eventually(lambda: scheduler.beats)
    good = installed.offer(program("2"), "2")
    await eventually(lambda: current(installed) == good.sha256, within_seconds=60)
    await eventually(lambda: not (installed.releases / "trial").exists(), within_seconds=60)

    installed.environment["MLMON_AGENT_TRIAL_SECONDS"] = "5"
    bad = installed.offer(program("3", behaviour=SILENT), "3")
    await eventually(
        lambda: scheduler.beats[-1].update_fault.startswith("3 was started here"),
        within_seconds=90,
    )

    assert current(installed) == good.sha256
    assert (installed.releases / "refused").read_text().split() == [bad.sha256]
    assert "was not heard of by the scheduler" in installed.log


@pytest.mark.parametrize(
    ("content", "sha256", "told"),
    [
        (program("2"), "0" * 64, "has the SHA-256"),
        (program("3"), None, "is 3, the pool names 2"),
        (b"#!/bin/sh\nexit 3\n", None, "2 does not start here"),
        (b"rubbish", None, "Exec format error"),
    ],
)
async def test_file_that_is_no_such_release_is_not_started(
    installed: InstalledAgent,
    scheduler: FakeScheduler,
    content: bytes,
    sha256: str | None,
    told: str,
) -> None:
    await eventually(lambda: scheduler.beats)
    installed.offer(content, "2", sha256=sha256)

    await eventually(lambda: told in scheduler.beats[-1].update_fault, within_seconds=30)

    assert installed.starts == 1
    assert current(installed) == ""


async def test_release_that_is_not_there_is_told_and_had_later(
    installed: InstalledAgent, scheduler: FakeScheduler
) -> None:
    await eventually(lambda: scheduler.beats)
    content = program("2")
    release = installed.offer(content, "2")
    del scheduler.downloads["agents/2"]
    await eventually(lambda: "answers 404" in scheduler.beats[-1].update_fault)

    scheduler.downloads["agents/2"] = content

    await eventually(lambda: current(installed) == release.sha256, within_seconds=60)
    await eventually(lambda: scheduler.beats[-1].update_fault == "", within_seconds=60)
