"""`mlmon up` as its users start it: a process, a data folder, a signal to stop."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import pytest

from mlmon import Client
from mlmon_shared.testing.plugin import temporary_server_folder
from mlmon_shared.testing.polling import eventually_sync

MLMON = str(Path(sys.executable).parent / "mlmon")


@dataclass
class Up:
    """One data folder, and the server that runs on it from time to time."""

    folder: Path
    home: Path
    options: Sequence[str] = ()
    runtime: str = "process"
    settings: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None
    url: str = ""
    clients: list[Client] = field(default_factory=list)

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def log(self) -> Path:
        return self.folder / "up.log"

    @property
    def environment(self) -> dict[str, str]:
        kept = {key: value for key, value in os.environ.items() if not key.startswith("MLMON_")}
        return kept | self.settings | {"XDG_DATA_HOME": str(self.home), "NO_COLOR": "1"}

    @property
    def token(self) -> str:
        return (self.data / "secrets" / "admin.token").read_text().strip()

    def start(self) -> "Up":
        announced = self.home / "mlmon" / "standalone.json"
        before = self.log.stat().st_size if self.log.exists() else 0
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [
                    *(MLMON, "up", "--data", str(self.data), "--port", "0"),
                    *("--runtime", self.runtime, *self.options),
                ],
                stdout=log,
                stderr=log,
                env=self.environment,
            )

        def find_url() -> str | None:
            assert self.process is not None
            assert self.process.poll() is None, self.log.read_text()
            if "Ctrl-C stops it" not in self.log.read_bytes()[before:].decode():
                return None
            return str(json.loads(announced.read_text())["url"])

        self.url = eventually_sync(find_url, within_seconds=120)
        return self

    def stop(self, number: int = signal.SIGINT) -> int:
        assert self.process is not None
        while self.clients:
            self.clients.pop().close()
        self.process.send_signal(number)
        status = self.process.wait(60)
        self.process = None
        return status

    def client(self) -> Client:
        client = Client(self.url, token=self.token)
        self.clients.append(client)
        return client

    def mlmon(self, *arguments: str, status: int = 0) -> str:
        """Run the command line as in another terminal and return what it prints."""
        done = subprocess.run(
            [MLMON, *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == status, done.stdout + done.stderr
        return done.stdout if status == 0 else done.stderr

    def plan_agents(self, *plans: dict[str, Any]) -> None:
        self.data.mkdir(exist_ok=True)
        (self.data / "agents.json").write_text(json.dumps(plans))

    def processes(self) -> dict[int, str]:
        """Return process id and command line of what belongs to this data folder."""
        found = {}
        for process in psutil.process_iter(["cmdline", "environ"]):
            words = process.info["cmdline"] or []
            variables = (process.info["environ"] or {}).values()
            if any(str(self.data) in text for text in [*words, *variables]):
                found[process.pid] = " ".join(words)
        return found

    def leftovers(self) -> list[str]:
        return list(self.processes().values())

    def find_processes(self, words: str) -> list[int]:
        """Return the ids of the processes that have these words in their command line."""
        return [pid for pid, command in self.processes().items() if words in command]


@pytest.fixture
def up(server_folder: Path, tmp_path: Path) -> Iterator[Up]:
    """A server that does not run yet, for one test."""
    with _ending_cleanly(Up(server_folder, tmp_path / "home")) as server:
        yield server


@pytest.fixture(scope="module")
def shared_up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    """One that runs, for all tests that leave it as it is, but for what they store."""
    with (
        temporary_server_folder() as folder,
        _ending_cleanly(Up(folder, tmp_path_factory.mktemp("home"))) as server,
    ):
        yield server.start()


@contextmanager
def _ending_cleanly(server: Up) -> Iterator[Up]:
    yield server
    if server.process is not None:
        server.stop()
    eventually_sync(lambda: not server.leftovers(), within_seconds=20, describe="nothing is left")
