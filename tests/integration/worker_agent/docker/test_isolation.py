"""What a command can and cannot do in its container."""

import asyncio
import io
import json
import os
import socket
import tarfile
import textwrap
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import aclosing
from pathlib import Path
from typing import Any
from uuid import uuid4

import docker
import pytest

from mlmon_shared.testing.containers import HOST_PYTHON
from mlmon_shared.wire.agent_protocol import AttemptSpec
from mlmon_shared.wire.job_definitions import ContainerOptions, Resources, Retries, Timeouts
from mlmon_worker_agent.adapters.boots import read_boot_id
from mlmon_worker_agent.adapters.docker.containers import ContainerPolicy, container_name
from mlmon_worker_agent.adapters.docker.engines import open_engine
from mlmon_worker_agent.adapters.docker.runtime import DockerRuntime
from mlmon_worker_agent.adapters.docker.users import NOBODY, ContainerUser, agent_user
from mlmon_worker_agent.adapters.secret_folders import DEFAULT_FOLDER, SecretFolders
from mlmon_worker_agent.domain.attempts import AttemptRef
from mlmon_worker_agent.domain.causes import Exit
from mlmon_worker_agent.domain.cpus import CpuSets
from mlmon_worker_agent.domain.errors import ImageUnavailableError

MIB = 2**20
SECRETS = SecretFolders(DEFAULT_FOLDER, f"tests-{uuid4().hex}")
# Others on this machine may run these tests, too.
REF = AttemptRef("run-1", 1, uuid4().hex)
needs_root = pytest.mark.xfail(os.geteuid() != 0, reason="images keep their user for root's agents")


@pytest.fixture
async def runtime(tmp_path: Path, client: docker.APIClient) -> AsyncIterator[DockerRuntime]:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    engine = open_engine()
    made = DockerRuntime(
        engine,
        scratch,
        api_url="http://scheduler",
        boot_id=read_boot_id(),
        secrets=SECRETS,
        policy=ContainerPolicy(user=agent_user()),
    )
    yield made
    await made.remove(REF)
    engine.client.close()


@pytest.fixture
def derive(client: docker.APIClient, image: str) -> Iterator[Callable[[list[str]], str]]:
    """Make images from the tests' image, with changes such as `USER 1`; remove them afterwards."""
    made: list[str] = []

    def build(changes: list[str]) -> str:
        container = client.create_container(image, entrypoint=["true"])
        name = f"mlmon-test/derived:{container['Id'][:12]}"
        repository, tag = name.split(":")
        if any("USER job" in change for change in changes):
            client.put_archive(container["Id"], "/", _accounts())
        client.commit(container, repository, tag, changes=changes)
        client.remove_container(container)
        made.append(name)
        return name

    yield build
    for name in made:
        client.remove_image(name, force=True)


def _accounts() -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        text = b"root:x:0:0::/:/bin/sh\njob:x:10001:10002::/:/bin/sh\n"
        entry = tarfile.TarInfo("etc/passwd")
        entry.size = len(text)
        archive.addfile(entry, io.BytesIO(text))
    return packed.getvalue()


def spec_of(image: str, code: str, **changes: Any) -> AttemptSpec:
    values: dict[str, Any] = {
        "run_id": REF.run_id,
        "attempt": REF.number,
        "fence": REF.fence,
        "job": "job",
        "version": 1,
        "client": "client",
        "image": image,
        "command": [HOST_PYTHON, "-c", textwrap.dedent(code)],
        "environment": {},
        "params": {},
        "resources": Resources(memory=256 * MIB, cpu=0.5),
        "timeouts": Timeouts(),
        "retries": Retries(),
        "inputs": [],
        "outputs": [],
    }
    return AttemptSpec.model_validate(values | changes)


WAIT = "import time; time.sleep(600)"


def inspect(
    client: docker.APIClient, runtime: DockerRuntime, ref: AttemptRef = REF
) -> dict[str, Any]:
    name = container_name(str(runtime._scratch), ref)
    facts: dict[str, Any] = client.inspect_container(name)
    return facts


async def run(runtime: DockerRuntime, spec: AttemptSpec) -> tuple[Exit, str]:
    await runtime.prepare(spec)
    await runtime.start(spec)
    text = b"".join([piece.data async for piece in runtime.output(REF)])
    return await runtime.wait(REF), text.decode()


async def test_command_is_confined(runtime, image):
    code = """
        import json, os, pathlib, socket
        status = dict(
            line.split(":", 1) for line in open("/proc/self/status").read().splitlines()
        )
        def can_write(path):
            try:
                pathlib.Path(path, "made").write_text("x")
            except OSError:
                return False
            return True
        print(json.dumps({
            "user": [os.getuid(), os.getgid()],
            "capabilities": [status[name].strip() for name in ("CapEff", "CapPrm", "CapBnd")],
            "no_new_privileges": status["NoNewPrivs"].strip(),
            "interfaces": [name for _, name in socket.if_nameindex()],
            "first": open("/proc/1/comm").read().strip(),
            "writable": [
                path for path in ("/", "/job", "/mlmon", "/mlmon/in", "/mlmon/out", "/tmp")
                if can_write(path)
            ],
            "sockets": [str(path) for path in pathlib.Path("/run").glob("*.sock")]
            if os.path.exists("/run") else [],
        }))
    """
    end, text = await run(runtime, spec_of(image, code))
    seen = json.loads(text)

    assert end.is_success
    assert seen["user"] == ([65534, 65534] if os.geteuid() == 0 else [os.getuid(), os.getgid()])
    assert set(seen["capabilities"]) == {"0000000000000000"}
    assert seen["no_new_privileges"] == "1"
    assert seen["interfaces"] == ["lo"]
    assert "init" in seen["first"] or "tini" in seen["first"]
    assert seen["writable"] == ["/mlmon/out", "/tmp"]  # noqa: S108 - the container's own
    assert seen["sockets"] == []


async def test_every_flag_is_on_the_container(runtime, image, client):
    spec = spec_of(image, WAIT, secrets={"token": "s3cret"}, resources=Resources(memory=256 * MIB))
    await runtime.prepare(spec)
    await runtime.start(spec)
    facts = inspect(client, runtime)
    host, config = facts["HostConfig"], facts["Config"]
    (cpu,) = host["CpusetCpus"].split(",")
    root, secrets = runtime.folders(REF).root, SECRETS.path(REF.attempt_id)
    mounts = {each["Destination"]: (each["Source"], each["RW"]) for each in facts["Mounts"]}

    assert facts["Image"] == client.inspect_image(image)["Id"]
    assert "sha256:" in runtime.image(REF)
    assert config["Entrypoint"] == spec.command
    assert config["Cmd"] is None
    assert config["User"] == str(agent_user() or NOBODY)
    assert config["StopSignal"] == "SIGTERM"
    assert config["Labels"] == {
        "mlmon.agent": str(runtime._scratch),
        "mlmon.run": "run-1",
        "mlmon.attempt": "1",
        "mlmon.fence": REF.fence,
        "mlmon.boot": read_boot_id(),
        "mlmon.image": runtime.image(REF),
        "mlmon.cpus": f"{cpu}:1000",
    }
    assert int(cpu) in os.sched_getaffinity(0)
    assert (host["Memory"], host["MemorySwap"]) == (256 * MIB, 256 * MIB)
    assert host["NanoCpus"] == 1_000_000_000
    assert host["PidsLimit"] == 4096
    assert host["ShmSize"] == 256 * MIB
    assert host["Tmpfs"] == {"/tmp": f"rw,exec,nosuid,nodev,mode=1777,size={256 * MIB}"}  # noqa: S108 - the container's own
    assert host["NetworkMode"] == "none"
    assert (host["IpcMode"], host["PidMode"], host["UTSMode"]) == ("private", "", "")
    assert host["ReadonlyRootfs"] is True
    assert host["Init"] is True
    assert host["Privileged"] is False
    assert (host["CapDrop"], host["CapAdd"]) == (["ALL"], None)
    assert host["SecurityOpt"] == ["no-new-privileges"]
    assert host["Ulimits"] == [{"Name": "core", "Soft": 0, "Hard": 0}]
    assert host["AutoRemove"] is False
    assert host["RestartPolicy"]["Name"] in {"", "no"}
    assert not any(host[name] for name in ("Devices", "DeviceRequests", "Binds", "VolumesFrom"))
    assert host.get("StorageOpt") is None
    assert host["LogConfig"] == {
        "Type": "local",
        "Config": {"max-size": "1t", "max-file": "1", "compress": "false"},
    }
    assert mounts == {
        "/mlmon": (str(root / "mlmon"), False),
        "/mlmon/out": (str(root / "mlmon" / "out"), True),
        "/run/secrets": (str(secrets), False),
    }


@needs_root
async def test_definition_may_ask_for_a_root_that_can_be_written_to(runtime, image, client):
    code = """
        import os
        os.makedirs("/tmp/deep")
        with open("/job/made", "w") as file:
            file.write("x" * 2**20)
        print("made")
    """
    options = ContainerOptions(read_only=False, tmp=16 * MIB)
    # /job is root's, as the image's author left it.
    runtime._policy = ContainerPolicy(user=ContainerUser(0, 0))
    end, text = await run(runtime, spec_of(image, code, container=options))

    assert (end, text) == (Exit(exit_code=0), "made\n")
    host = inspect(client, runtime)["HostConfig"]
    assert host["ReadonlyRootfs"] is False
    assert host["Tmpfs"]["/tmp"].endswith(f",size={16 * MIB}")  # noqa: S108 - the container's own
    assert await runtime.disk_use(REF) >= MIB


async def test_attempts_have_cpus_of_their_own_until_they_are_removed(runtime, image, client):
    # More than this machine has: none of them is really used.
    runtime._cpus = CpuSets(sorted(os.sched_getaffinity(0)))
    many = len(os.sched_getaffinity(0)) + 1
    refs = [AttemptRef(f"run-{number}", 1, f"{REF.fence}-{number}") for number in range(many)]

    async def begin(ref: AttemptRef) -> str:
        spec = spec_of(
            image, WAIT, run_id=ref.run_id, fence=ref.fence, resources=Resources(memory=64 * MIB)
        )
        await runtime.prepare(spec)
        await runtime.start(spec)
        return str(inspect(client, runtime, ref)["HostConfig"]["CpusetCpus"])

    try:
        sets = await asyncio.gather(*map(begin, refs[:-1]))
        beyond = await begin(refs[-1])
        assert len(set(sets)) == many - 1
        assert "" not in sets
        # Where no whole cpu is free, an attempt is kept to none.
        assert beyond == ""

        # One that is adopted again keeps its own; what has ended gives its own to the next.
        await runtime.remove(refs[0])
        runtime._cpus = CpuSets(sorted(os.sched_getaffinity(0)))
        await runtime.list_existing()
        again = AttemptRef("run-again", 1, f"{REF.fence}-again")
        refs.append(again)
        assert await begin(again) == sets[0]
    finally:
        for ref in refs:
            await runtime.remove(ref)


async def test_network_is_the_one_of_the_pool(runtime, image):
    code = """
        import socket, time
        print(sorted(name for _, name in socket.if_nameindex()))
        time.sleep(0.5)
    """
    spec = spec_of(image, code, network="host")
    _, text = await run(runtime, spec)
    usage = await runtime.usage(AttemptRef(spec.run_id, spec.attempt, spec.fence))

    assert usage.peak_memory
    # What everybody on the host sends is not its own.
    assert usage.network_sent is None
    assert text == f"{sorted(name for _, name in socket.if_nameindex())}\n"


async def test_killed_worker_does_not_fail_a_command_that_copes(runtime, image):
    code = """
        import subprocess, sys
        greedy = "block = bytearray(b'x') * (512 * 2**20)"
        status = subprocess.run([sys.executable, "-c", greedy]).returncode
        sys.exit(0 if status == -9 else 1)
    """
    end, _ = await run(runtime, spec_of(image, code, resources=Resources(memory=64 * MIB)))

    assert end == Exit(exit_code=0)


async def test_log_keeps_bytes_that_are_no_text(runtime, image):
    code = """
        import sys
        sys.stdout.buffer.write(bytes(range(256)) * 1000 + b"\\n")
    """
    spec = spec_of(image, code)
    await runtime.prepare(spec)
    await runtime.start(spec)
    written = b"".join([piece.data async for piece in runtime.output(REF)])

    assert written == bytes(range(256)) * 1000 + b"\n"


async def test_volumes_of_the_image_go_with_the_container(runtime, client, derive):
    image = derive(["VOLUME /data"])
    before = {each["Name"] for each in client.volumes()["Volumes"] or []}
    end, _ = await run(runtime, spec_of(image, "pass"))
    during = {each["Name"] for each in client.volumes()["Volumes"] or []}
    await runtime.remove(REF)
    after = {each["Name"] for each in client.volumes()["Volumes"] or []}

    assert end.is_success
    assert during - before
    assert not (during - before) & after


async def test_entrypoint_of_the_image_is_left_out(runtime, derive):
    image = derive(['ENTRYPOINT ["false"]', 'CMD ["never"]'])
    end, text = await run(runtime, spec_of(image, "print('ran')"))

    assert end.is_success
    assert text == "ran\n"


@needs_root
async def test_user_of_the_image_is_kept(runtime, derive):
    image = derive(["USER job"])
    _, text = await run(runtime, spec_of(image, "import os; print(os.getuid(), os.getgid())"))

    assert text == "10001 10002\n"


async def test_user_whom_the_image_does_not_have_is_said(runtime, derive):
    spec = spec_of(derive(["USER ghost"]), "pass")
    with pytest.raises(ImageUnavailableError, match="names the user ghost"):
        await runtime.prepare(spec)


async def test_command_that_was_killed_from_outside_is_told_by_its_signal(runtime, image, client):
    spec = spec_of(image, "import time; time.sleep(600)")
    await runtime.prepare(spec)
    await runtime.start(spec)
    (found,) = client.containers(filters={"label": f"mlmon.agent={runtime._scratch}"})
    client.kill(found["Id"])

    assert await runtime.wait(REF) == Exit(signal=9)


async def test_sigterm_that_nobody_ordered_is_of_unknown_end(runtime, image, client):
    code = """
        import signal, sys, time
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        print("ready", flush=True)
        time.sleep(600)
    """
    spec = spec_of(image, code)
    await runtime.prepare(spec)
    await runtime.start(spec)
    async with aclosing(runtime.output(REF)) as pieces:
        await anext(pieces)
    (found,) = client.containers(filters={"label": f"mlmon.agent={runtime._scratch}"})
    client.kill(found["Id"], signal="SIGTERM")

    assert (await runtime.wait(REF)).is_unknown


async def test_container_of_an_earlier_boot_that_was_killed_is_of_unknown_end(
    runtime, image, client
):
    runtime._boot_id = "an earlier boot"
    spec = spec_of(image, "import time; time.sleep(600)")
    await runtime.prepare(spec)
    await runtime.start(spec)
    runtime._boot_id = read_boot_id()
    (found,) = client.containers(filters={"label": f"mlmon.agent={runtime._scratch}"})
    client.kill(found["Id"])

    assert (await runtime.wait(REF)).is_unknown
