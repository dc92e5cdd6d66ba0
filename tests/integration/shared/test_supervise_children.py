import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from mlmon_shared.embedded import exec_child
from mlmon_shared.testing.polling import eventually_sync

PARENT = """
import sys, threading
from pathlib import Path
from mlmon_shared.embedded.{module} import {name}
server = {name}(Path(sys.argv[1]))
server.start()
server.wait_ready()
print(server.pid, flush=True)
threading.Event().wait()
"""
SERVERS = [("valkey", "EmbeddedValkey"), ("postgres", "EmbeddedPostgres")]


def run_python(program: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-c", program]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def has_ended(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


@pytest.fixture(params=SERVERS, ids=[module for module, _ in SERVERS])
def orphan(request: pytest.FixtureRequest, server_folder: Path) -> Iterator[int]:
    """Process id of a server whose parent was killed a moment ago."""
    module, name = request.param
    program = PARENT.format(module=module, name=name)
    command = [sys.executable, "-c", program, str(server_folder / "server")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        pid = next(int(line) for line in parent.stdout if line.strip().isdigit())
        assert not has_ended(pid)
        parent.kill()
    yield pid
    eventually_sync(lambda: has_ended(pid), within_seconds=30)


def test_server_dies_with_its_killed_parent(orphan: int) -> None:
    eventually_sync(lambda: has_ended(orphan), within_seconds=20, describe="server has ended")


def test_child_whose_parent_is_gone_does_not_start() -> None:
    command = [sys.executable, "-I", "-S", exec_child.__file__, "--parent", "1", "--", "/bin/true"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (1, "exec_child: parent 1 is gone\n")


def test_program_that_cannot_run_is_named() -> None:
    program = (
        "import os, subprocess, sys\n"
        "from mlmon_shared.embedded.child_processes import wrapped_command\n"
        "import signal\n"
        "command = wrapped_command(['/no/such'], death_signal=signal.SIGTERM, account=None)\n"
        "sys.exit(subprocess.run(command).returncode)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )

    assert done.returncode == 1
    assert done.stderr == "exec_child: /no/such: No such file or directory\n"


def test_child_starts_with_fresh_signals(server_folder: Path) -> None:
    program = (
        "import signal, subprocess\n"
        "from mlmon_shared.embedded.child_processes import wrapped_command\n"
        "signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])\n"
        "status = ['/bin/grep', '-E', 'SigBlk|SigIgn', '/proc/self/status']\n"
        "subprocess.run(wrapped_command(status, death_signal=signal.SIGTERM, account=None))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )

    assert {line.split()[1].strip("0") for line in done.stdout.splitlines()} == {""}
