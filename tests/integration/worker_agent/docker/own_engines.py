"""An engine that a test may stop; not the one that other tests use."""

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import docker
import psutil

_SCRIPT = Path(__file__).parents[4] / "deploy" / "docker" / "engine.sh"


@dataclass(frozen=True)
class OwnEngine:
    folder: Path

    @property
    def url(self) -> str:
        return f"unix://{self.folder}/run/docker.sock"

    def start(self) -> None:
        self._call("start")

    def stop(self) -> None:
        self._call("stop")

    def kill(self) -> None:
        """End it as the kernel would when memory is short; its containers go on."""
        pid = int((self.folder / "run" / "docker.pid").read_text())
        os.kill(pid, signal.SIGKILL)

    def client(self) -> docker.APIClient:
        return docker.APIClient(base_url=self.url, version="auto")

    def _call(self, verb: str) -> None:
        subprocess.run(
            [str(_SCRIPT), verb],
            env=os.environ
            | {
                "MLMON_ENGINE_RUN": str(self.folder / "run"),
                "MLMON_ENGINE_DATA": str(self.folder / "data"),
            },
            check=True,
            capture_output=True,
        )


@contextmanager
def running_engine() -> Iterator[OwnEngine]:
    # Sockets have short paths, and layers no place in memory.
    own = OwnEngine(Path(tempfile.mkdtemp(prefix="mlmon-engine-", dir="/var/lib")))
    own.start()
    yield own
    own.stop()
    # A killed engine leaves its data folder mounted onto itself.
    data = str(own.folder / "data")
    while any(mounted.mountpoint == data for mounted in psutil.disk_partitions(all=True)):
        subprocess.run(["umount", "--recursive", data], check=True)
    shutil.rmtree(own.folder)
