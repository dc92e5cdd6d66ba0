"""Hosts with GPUs that are not there: NVIDIA's library is one of ours, in C, that files script."""

import ctypes
import subprocess
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.integration.worker_agent.processes.conftest import AgentProcess, ScriptedScheduler

FIRST = "GPU-11111111-aaaa-bbbb-cccc-000000000001"
SECOND = "GPU-22222222-aaaa-bbbb-cccc-000000000002"
SOURCE = Path(__file__).with_name("fake_nvml.c")
GIB = 2**30


@dataclass(frozen=True)
class GpuHost:
    """What the driver of a host says; see fake_nvml.c."""

    folder: Path

    def install(self, *uuids: str, model: str = "NVIDIA A100-SXM4-40GB") -> None:
        text = "".join(f"{uuid}|{model}|{40 * GIB}\n" for uuid in uuids)
        (self.folder / "devices").write_text(text)

    def report(self, uuid: str, xid: int) -> None:
        with (self.folder / "xids").open("a") as file:
            file.write(f"{uuid} {xid}\n")

    def set_state(self, uuid: str, state: str) -> None:
        (self.folder / uuid).write_text(state)

    def break_driver(self) -> None:
        (self.folder / "broken").touch()


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build what stands for NVIDIA's library; return its folder."""
    folder = tmp_path_factory.mktemp("nvml")
    made = folder / "libnvidia-ml.so.1"
    command = ["cc", "-shared", "-fPIC", f"-Wl,-soname,{made.name}", "-o", str(made), str(SOURCE)]
    subprocess.run(command, check=True)
    return folder


@pytest.fixture
def host(tmp_path: Path) -> GpuHost:
    folder = tmp_path / "gpus"
    folder.mkdir()
    return GpuHost(folder)


@pytest.fixture
def loaded_library(
    library: Path, host: GpuHost, monkeypatch: pytest.MonkeyPatch
) -> Iterator[GpuHost]:
    """Have this process find the library: one is known by its name once it was loaded."""
    ctypes.CDLL(str(library / "libnvidia-ml.so.1"))
    monkeypatch.setenv("FAKE_NVML", str(host.folder))
    yield host
    # Nothing may wait in it for ever.
    for state in host.folder.glob("GPU-*"):
        state.unlink()


@pytest.fixture
async def agent(
    tmp_path: Path, scheduler: ScriptedScheduler, library: Path, host: GpuHost
) -> AsyncIterator[AgentProcess]:
    made = AgentProcess(tmp_path / "state", scheduler)
    # Its end then needs no second signal, which may come together with the first.
    made.settings = {"stop_with_parent": "true"}
    made.environment = {"LD_LIBRARY_PATH": str(library), "FAKE_NVML": str(host.folder)}
    yield made
    if made._process is not None:
        await made.stop()
        assert not list(made.scratch.iterdir()), "something was left behind"
