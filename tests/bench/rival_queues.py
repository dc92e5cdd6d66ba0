"""Other queues, each on a Valkey with the same fsync, with the same job: nothing."""

import asyncio
import os
import shutil
import struct
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from mlmon_shared.embedded.valkey import EmbeddedValkey
from mlmon_shared.testing.polling import eventually
from mlmon_standalone.services import free_ports

_SCRIPTS: Final = Path(__file__).parent / "rivals"
_PYTHON_PACKAGES: Final = {
    "celery": "celery[redis]==5.7.0",
    "dramatiq": "dramatiq[redis]==2.2.1",
    "rq": "rq==3.0.0",
    "arq": "arq==0.28.0",
}
_NODE_PACKAGES: Final = ("bullmq@6.7.0", "ioredis@5")
_PATIENCE_SECONDS: Final = 120.0
RIVALS: Final = {"bullmq": 5000, "dramatiq": 3000, "celery": 1000, "rq": 1000, "arq": 1500}
"""How many jobs of each are executed to measure it: a second or two."""


@dataclass(frozen=True)
class Toolbox:
    """Where the others' packages are installed, apart from ours."""

    folder: Path

    def python(self, name: str) -> Path:
        """Return the interpreter that has this one: they ask for different clients of Redis."""
        return self.folder / name / "bin" / "python"


def install_rivals() -> Toolbox:
    """Return their packages, installed in the user's cache folder once."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    toolbox = Toolbox(Path(base) / "mlmon-bench")
    stamp, wanted = (
        toolbox.folder / "installed",
        " ".join((*_PYTHON_PACKAGES.values(), *_NODE_PACKAGES)),
    )
    if stamp.exists() and stamp.read_text() == wanted:
        return toolbox
    npm = shutil.which("npm")
    if npm is None:
        raise SystemExit("bench: Node.js with npm is missing; BullMQ needs it")
    shutil.rmtree(toolbox.folder, ignore_errors=True)
    toolbox.folder.mkdir(parents=True)
    for name, package in _PYTHON_PACKAGES.items():
        _run([sys.executable, "-m", "venv", str(toolbox.folder / name)])
        _run([str(toolbox.python(name)), "-m", "pip", "install", "--quiet", package])
    _run(
        [npm, "install", "--silent", "--no-fund", "--prefix", str(toolbox.folder), *_NODE_PACKAGES]
    )
    stamp.write_text(wanted)
    return toolbox


class Rival:
    """One other queue on a Valkey of its own."""

    def __init__(self, name: str, toolbox: Toolbox, valkey: EmbeddedValkey, folder: Path) -> None:
        self.name = name
        self._toolbox = toolbox
        self._valkey = valkey
        self._starts = folder / f"{name}.starts"

    async def drain(self, jobs: int) -> float:
        """Enqueue jobs, execute them; return how many started in a second."""
        self._clear()
        await asyncio.to_thread(_run, self._words("put", jobs), self._environment())
        async with self._working():
            await self._started(jobs)
        times = self._read_starts()
        return (jobs - 1) / (times[-1] - times[0])

    async def ping(self, count: int) -> list[float]:
        """Enqueue one at a time; return the seconds until each started."""
        self._clear()
        async with self._working():
            await asyncio.to_thread(_run, self._words("put", 1), self._environment())
            await self._started(1)
            self._starts.write_bytes(b"")
            out = await asyncio.to_thread(_run, self._words("ping", count), self._environment())
        return [float(line) for line in out.split()]

    @asynccontextmanager
    async def _working(self) -> AsyncIterator[None]:
        process = await asyncio.to_thread(self._start)
        try:
            yield
        finally:
            process.terminate()
            try:
                await asyncio.to_thread(process.wait, 10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _start(self) -> "subprocess.Popen[bytes]":
        with (self._starts.parent / f"{self.name}.log").open("ab") as log:
            return subprocess.Popen(
                self._words("work"),
                env=self._environment(),
                stdout=log,
                stderr=log,
                cwd=_SCRIPTS,
                start_new_session=True,
            )

    def _clear(self) -> None:
        self._valkey.command("FLUSHALL SYNC")
        self._starts.write_bytes(b"")

    async def _started(self, jobs: int) -> None:
        await eventually(
            lambda: self._starts.stat().st_size >= 8 * jobs,
            within_seconds=_PATIENCE_SECONDS,
            describe=f"{self.name} has started {jobs} jobs",
        )

    def _read_starts(self) -> Sequence[float]:
        content = self._starts.read_bytes()
        return sorted(struct.unpack(f"{len(content) // 8}d", content))

    def _words(self, action: str, *arguments: int) -> list[str]:
        more = [str(argument) for argument in arguments]
        if self.name == "bullmq":
            return ["node", str(_SCRIPTS / "bullmq.mjs"), action, *more]
        python = str(self._toolbox.python(self.name))
        return [python, "-m", f"{self.name}_jobs", action, *more]

    def _environment(self) -> Mapping[str, str]:
        return {
            **os.environ,
            "MLMON_BENCH_URL": f"redis://127.0.0.1:{self._valkey.port}/0",
            "MLMON_BENCH_STARTS": str(self._starts),
            "MLMON_BENCH_MODULES": str(self._toolbox.folder),
            "PYTHONPATH": str(_SCRIPTS),
        }


@asynccontextmanager
async def open_rivals(names: Sequence[str], folder: Path) -> AsyncIterator[list[Rival]]:
    """Start a Valkey with `appendfsync always` for them; they use it one after the other."""
    toolbox = await asyncio.to_thread(install_rivals)
    (port,) = free_ports(1)
    async with EmbeddedValkey(folder / "valkey-rivals", port=port) as valkey:
        yield [Rival(name, toolbox, valkey, folder) for name in names]


def _run(words: Sequence[str], environment: Mapping[str, str] | None = None) -> str:
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(words)}: {done.stderr[-2000:]}")
    return done.stdout
