"""What becomes of attempts when the engine under them stops, dies, and comes back."""

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import docker
import psutil
import pytest

from mlmon_shared.testing.containers import provide_host_image, require_engine
from mlmon_shared.testing.polling import eventually
from mlmon_shared.wire.states import AttemptState, Cause

_SCRIPT = Path(__file__).parents[4] / "deploy" / "docker" / "engine.sh"
FOREVER = "import time\nprint('ready', flush=True)\ntime.sleep(600)"

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root starts an engine")


@dataclass(frozen=True)
class OwnEngine:
    """An engine that a test may stop; not the one that other tests use."""

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


@pytest.fixture(scope="module")
def engine() -> Iterator[OwnEngine]:
    require_engine().close()
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


@pytest.fixture
def image(engine: OwnEngine) -> str:
    client = engine.client()
    name = provide_host_image(client)
    client.close()
    return name


@pytest.mark.parametrize("how", ["stop", "kill"])
async def test_engine_that_comes_back_costs_the_attempt_and_no_more(
    scheduler, agent, engine: OwnEngine, image: str, how: str
):
    agent.settings["docker_url"] = engine.url
    spec = scheduler.python(FOREVER, image=image)
    await agent.start()
    await eventually(lambda: "ready" in scheduler.log_of(spec))

    getattr(engine, how)()
    engine.start()
    result = await scheduler.result(spec)

    assert (result.state, result.cause) == (AttemptState.FAILED, Cause.HOST)
    assert result.reason == (
        "The host or its Docker engine stopped, or restarted, while the command ran."
    )
    following = scheduler.python("print('again')", image=image)
    assert (await scheduler.result(following)).state is AttemptState.SUCCEEDED
    client = engine.client()
    await eventually(lambda: client.containers(all=True) == [])
    client.close()


async def test_engine_that_is_away_is_the_cause(scheduler, agent, engine: OwnEngine, image: str):
    agent.settings["docker_url"] = engine.url
    await agent.start()
    await eventually(lambda: scheduler.sessions == 1)
    engine.stop()
    spec = scheduler.python("print('never')", image=image)
    result = await scheduler.result(spec)

    assert (result.state, result.cause) == (AttemptState.FAILED, Cause.INFRA)
    assert "The Docker engine does not answer" in result.reason
    engine.start()
    following = scheduler.python("print('again')", image=image)
    assert (await scheduler.result(following)).state is AttemptState.SUCCEEDED
