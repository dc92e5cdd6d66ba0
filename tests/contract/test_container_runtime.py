"""What every adapter of the port `ContainerRuntime` must do."""

import asyncio
import json
import os
import signal
import textwrap
from pathlib import Path
from uuid import uuid4

import pytest

from mlmon_shared.testing.containers import HOST_PYTHON
from mlmon_shared.testing.polling import eventually
from mlmon_shared.wire.job_definitions import Resources
from mlmon_shared.wire.states import NetworkPolicy
from mlmon_worker_agent.adapters.process.commands import ProcessImage
from mlmon_worker_agent.adapters.process.runtime import ProcessRuntime
from mlmon_worker_agent.application.ports import ContainerRuntime
from mlmon_worker_agent.domain.causes import Exit
from mlmon_worker_agent.domain.errors import CommandError, ImageUnavailableError
from tests.contract.conftest import (
    FENCE,
    IMAGE,
    MIB,
    SECRETS,
    RuntimeFactory,
    begin,
    first_line,
    order,
    processes_of,
    python,
    ref_of,
    run,
    spec_of,
)
from tests.faults.disks import small_tmpfs


async def test_exit_code_is_reported(runtime: ContainerRuntime) -> None:
    end, _ = await run(runtime, spec_of("sh", "-c", "exit 64"))

    assert end == Exit(exit_code=64)


async def test_success_is_exit_code_zero(runtime: ContainerRuntime) -> None:
    end, _ = await run(runtime, spec_of("true"))

    assert end.is_success


async def test_signal_is_reported(runtime: ContainerRuntime) -> None:
    end, _ = await run(runtime, spec_of("sh", "-c", "kill -SEGV $$"))

    assert end == Exit(signal=signal.SIGSEGV)


async def test_output_is_complete_and_in_order(runtime: ContainerRuntime) -> None:
    code = """
        import sys
        for n in range(20000):
            print("out", n)
            print("err", n, file=sys.stderr)
    """
    _, text = await run(runtime, python(code))

    assert text["stdout"] == b"".join(b"out %d\n" % n for n in range(20000))
    assert text["stderr"] == b"".join(b"err %d\n" % n for n in range(20000))


async def test_command_sees_its_contract(
    runtime: ContainerRuntime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AGENT_SECRET", "hidden")
    code = """
        import json, os, pathlib
        given = pathlib.Path(os.environ["MLMON_IN"], "given.txt").read_text()
        pathlib.Path(os.environ["MLMON_OUT"], "made.txt").write_text(given.upper())
        print(json.dumps({
            "environment": dict(os.environ),
            "params": json.load(open(os.environ["MLMON_PARAMS"])),
            "working_folder": os.listdir("."),
        }))
    """
    spec = python(code, params={"month": 12}, environment={"LOG_LEVEL": "info"}, token="mlt1.token")
    spec = spec.model_copy(update={"network": NetworkPolicy.HOST})
    folders = await runtime.prepare(spec)
    (folders.inputs / "given.txt").write_text("hello")
    await runtime.start(spec)
    await runtime.wait(ref_of(spec))
    text = b"".join([piece.data async for piece in runtime.output(ref_of(spec))])
    seen = json.loads(text)

    environment = seen["environment"]
    assert seen["params"] == {"month": 12}
    assert seen["working_folder"] == []
    assert (folders.outputs / "made.txt").read_text() == "HELLO"
    assert "AGENT_SECRET" not in environment
    assert environment["LOG_LEVEL"] == "info"
    assert environment["MLMON_RUN_ID"] == "run-1"
    assert environment["MLMON_ATTEMPT"] == "1"
    assert environment["MLMON_FENCE"] == FENCE
    assert environment["MLMON_JOB"] == "job"
    assert environment["MLMON_CLIENT"] == "client"
    assert environment["MLMON_API_URL"] == "http://scheduler"
    assert environment["MLMON_TOKEN"] == "mlt1.token"


async def test_stop_lets_the_command_end_by_itself(runtime: ContainerRuntime) -> None:
    code = """
        import os, signal, sys
        def stop(*_):
            print(open(os.environ["MLMON_STOP_REASON_FILE"]).read(), flush=True)
            sys.exit(7)
        signal.signal(signal.SIGTERM, stop)
        # Not by print: a signal that comes before that returns may not print itself.
        os.write(1, b"ready\\n")
        while True:
            signal.pause()
    """
    ref = await begin(runtime, python(code))
    assert await first_line(runtime, ref) == "ready"
    await runtime.stop(ref, order(60.0))
    end = await runtime.wait(ref)
    text = b"".join([piece.data async for piece in runtime.output(ref)])

    assert end == Exit(exit_code=7)
    assert b"somebody cancelled" in text


async def test_stop_kills_after_the_grace(runtime: ContainerRuntime) -> None:
    code = """
        import signal
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        print("ready", flush=True)
        while True:
            signal.pause()
    """
    ref = await begin(runtime, python(code))
    assert await first_line(runtime, ref) == "ready"
    begun = asyncio.get_running_loop().time()
    await runtime.stop(ref, order(0.4))
    end = await runtime.wait(ref)

    assert end == Exit(signal=signal.SIGKILL)
    assert asyncio.get_running_loop().time() - begun >= 0.4


GROWS_A_TREE = """
    import os, subprocess, sys, time
    below = "import time, os; os.setsid(); print(flush=True); time.sleep(600)"
    orphan = subprocess.Popen([sys.executable, "-c", below], stdout=subprocess.PIPE)
    orphan.stdout.readline()
    print("grown", flush=True)
    if len(sys.argv) == 1:
        time.sleep(600)
"""


async def test_remove_leaves_no_process_and_no_file(runtime: ContainerRuntime) -> None:
    spec = python(GROWS_A_TREE, run_id=f"run-{uuid4().hex}")
    ref = await begin(runtime, spec)
    assert await first_line(runtime, ref) == "grown"
    assert len(processes_of(spec)) >= 2
    await runtime.remove(ref)
    await runtime.remove(ref)

    assert processes_of(spec) == []
    assert not runtime.folders(ref).root.exists()


async def test_sweep_removes_what_nobody_holds(runtime: ContainerRuntime) -> None:
    specs = {
        name: spec_of("sleep", "600", run_id=f"{name}-{uuid4().hex}", secrets={"TOKEN": "secret"})
        for name in "ab"
    }
    held, left = [await begin(runtime, spec) for spec in specs.values()]

    found = await runtime.sweep(lambda: {held.attempt_id})

    assert list(found) == []
    assert processes_of(specs["b"]) == []
    assert not runtime.folders(left).root.exists()
    assert not SECRETS.path(left.attempt_id).exists()
    assert list(await runtime.secrets(held)) == ["secret"]
    assert processes_of(specs["a"]) != []
    assert [each.ref for each in await runtime.list_existing()] == [held]


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a tmpfs needs root")
async def test_sweep_names_what_it_cannot_remove(runtime: ContainerRuntime) -> None:
    root = runtime.folders(ref_of(spec_of("true"))).root
    root.mkdir()

    with small_tmpfs(root, MIB):
        (found,) = await runtime.sweep(set)
    assert str(root) in found
    assert "cannot be removed" in found

    assert list(await runtime.sweep(set)) == []
    assert not root.exists()


async def test_end_of_command_ends_what_it_left_running(runtime: ContainerRuntime) -> None:
    code = textwrap.dedent(GROWS_A_TREE)
    run_id = f"run-{uuid4().hex}"
    spec = spec_of(HOST_PYTHON, "-c", code, "leave", run_id=run_id)
    _, text = await run(runtime, spec)

    assert text["stdout"] == b"grown\n"
    assert processes_of(spec) == []


async def test_usage_has_memory_and_processor_time(runtime: ContainerRuntime) -> None:
    code = """
        import time
        block = bytearray(b"x") * (64 * 2**20)
        until = time.process_time() + 0.2
        while time.process_time() < until:
            pass
        time.sleep(0.5)
    """
    spec = python(code)
    await run(runtime, spec)
    usage = await runtime.usage(ref_of(spec))

    assert usage.peak_memory is not None
    assert 64 * MIB <= usage.peak_memory <= 128 * MIB
    assert usage.cpu_seconds is not None
    assert 0.2 <= usage.cpu_seconds < 30
    assert usage.mean_memory is not None
    assert 0 < usage.mean_memory <= usage.peak_memory
    assert usage.mean_cpu is not None
    assert usage.peak_cpu is not None
    assert 0 < usage.mean_cpu <= usage.peak_cpu < 16


async def test_memory_limit_is_kept(runtime: ContainerRuntime) -> None:
    code = """
        import time
        block = bytearray(b"x") * (128 * 2**20)
        time.sleep(600)
    """
    end, _ = await run(runtime, python(code, resources=Resources(memory=64 * MIB)))

    assert end.is_oom
    assert not end.is_success


async def test_missing_executable_is_named(runtime: ContainerRuntime) -> None:
    spec = spec_of("python3x")
    await runtime.prepare(spec)
    with pytest.raises(CommandError, match="python3x: not found on PATH"):
        await runtime.start(spec)


async def test_restarted_agent_finds_what_runs_and_what_ended(
    make_runtime: RuntimeFactory, runtime: ContainerRuntime
) -> None:
    running = spec_of("sleep", "600", run_id="running")
    ended = spec_of("sh", "-c", "exit 3", run_id="ended")
    await begin(runtime, running)
    await run(runtime, ended)
    restarted = make_runtime()
    found = {each.ref: each.end for each in await restarted.list_existing()}

    assert found == {ref_of(running): None, ref_of(ended): Exit(exit_code=3)}
    await restarted.stop(ref_of(running), order(10.0))
    assert await restarted.wait(ref_of(running)) == Exit(signal=signal.SIGTERM)


async def test_mapped_image_gives_the_working_folder_and_path(tmp_path: Path) -> None:
    image = tmp_path / "image"
    (image / "bin").mkdir(parents=True)
    tool = image / "bin" / "tool"
    tool.write_text("#!/bin/sh\npwd\n")
    tool.chmod(0o755)
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    images = {IMAGE: ProcessImage(folder=image, path=[str(image / "bin")])}
    runtime = ProcessRuntime(scratch, images, api_url="http://scheduler", secrets=SECRETS)
    end, text = await run(runtime, spec_of("tool"))

    assert end.is_success
    assert text["stdout"].decode().strip() == str(image)


async def test_missing_folder_of_a_mapped_image_is_named(tmp_path: Path) -> None:
    images = {IMAGE: ProcessImage(folder=tmp_path / "gone")}
    runtime = ProcessRuntime(tmp_path, images, api_url="http://scheduler", secrets=SECRETS)
    with pytest.raises(ImageUnavailableError, match="does not exist"):
        await runtime.prepare(spec_of("true"))


async def test_death_of_the_watcher_ends_the_command(tmp_path: Path) -> None:
    runtime = ProcessRuntime(tmp_path, {}, api_url="http://scheduler", secrets=SECRETS)
    spec = python(GROWS_A_TREE, run_id=f"run-{uuid4().hex}")
    ref = await begin(runtime, spec)
    assert await first_line(runtime, ref) == "grown"
    status = json.loads((runtime.folders(ref).root / "status.json").read_text())
    os.kill(status["shim_pid"], signal.SIGKILL)
    end = await runtime.wait(ref)
    await eventually(lambda: str(status["pid"]) not in processes_of(spec))
    await runtime.remove(ref)

    assert end.is_unknown
    assert processes_of(spec) == []
