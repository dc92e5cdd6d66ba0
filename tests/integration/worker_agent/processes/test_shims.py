"""What a shim gives its command and sees of it."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mlmon_worker_agent.adapters.process import trees
from mlmon_worker_agent.adapters.process.runtime import ProcessRuntime
from mlmon_worker_agent.domain.errors import CommandError
from tests.contract.conftest import SECRETS, python, run, spec_of

# A child of a thread, which has a child itself, and one of the main thread.
GROWS = """
import subprocess, sys, threading
sleep = [sys.executable, "-c", "import time; print(flush=True); time.sleep(600)"]
nested = f"import subprocess; subprocess.run({sleep!r})"
def start(words):
    started.append(subprocess.Popen(words, stdout=subprocess.PIPE))
    is_started.release()
    is_over.wait()
started, is_started, is_over = [], threading.Semaphore(0), threading.Event()
threading.Thread(target=start, args=([sys.executable, "-c", nested],)).start()
is_started.acquire()
started.append(subprocess.Popen(sleep, stdout=subprocess.PIPE))
for each in started:
    each.stdout.readline()
print("grown", flush=True)
"""


@pytest.fixture
def runtime(tmp_path: Path) -> ProcessRuntime:
    return ProcessRuntime(tmp_path, {}, api_url="http://scheduler", secrets=SECRETS)


@pytest.fixture
def grown() -> Iterator[int]:
    with subprocess.Popen([sys.executable, "-c", GROWS], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"grown\n"
        below = trees.list_descendants(process.pid)
        yield process.pid
        process.kill()
        for facts in below:
            os.kill(facts.pid, 9)


@pytest.mark.parametrize("knows_children", [True, False])
def test_descendants_are_found_with_and_without_lists_of_children(
    grown: int, knows_children: bool, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(trees, "_KNOWS_CHILDREN", knows_children)
    found = {facts.pid: facts.parent for facts in trees.list_descendants(grown)}

    assert len(found) == 3
    assert sorted(parent == grown for parent in found.values()) == [False, True, True]
    assert set(found.values()) <= {grown, *found}


async def test_command_gets_three_descriptors_and_the_usual_signals(runtime: ProcessRuntime):
    code = """
        import os, signal
        print(sorted(int(name) for name in os.listdir("/proc/self/fd"))[:-1])
        status = dict(line.split(":", 1) for line in open("/proc/self/status"))
        print(int(status["SigBlk"], 16), os.getpgid(0) == os.getpid())
        # Python ignores SIGPIPE and SIGXFSZ itself.
        ignored = int(status["SigIgn"], 16)
        print([number for number in range(1, 32) if ignored >> (number - 1) & 1])
    """
    end, text = await run(runtime, python(code))

    assert end.is_success
    fds, blocked, ignored = text["stdout"].decode().splitlines()
    assert (fds, blocked) == ("[0, 1, 2]", "0 True")
    assert ignored == str([13, 25])


async def test_signals_that_python_ignores_end_a_command(runtime: ProcessRuntime):
    end, _ = await run(runtime, spec_of("sh", "-c", "kill -PIPE $$"))

    assert end.signal == 13


@pytest.mark.parametrize(
    ("word", "why"),
    [("./nothing", "No such file or directory"), ("/etc", "Permission denied")],
)
async def test_command_that_cannot_be_run_says_why(runtime: ProcessRuntime, word: str, why: str):
    spec = spec_of(word)
    await runtime.prepare(spec)
    with pytest.raises(CommandError, match=f"{word}: {why}"):
        await runtime.start(spec)


async def test_command_with_a_null_byte_is_refused(runtime: ProcessRuntime):
    spec = spec_of("echo", "half\0half")
    await runtime.prepare(spec)
    with pytest.raises(CommandError, match="Invalid argument"):
        await runtime.start(spec)
