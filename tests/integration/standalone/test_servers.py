"""Pieces of a standalone server that need a port, a process or a home."""

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mlmon.connections import resolve_connection, standalone_connection_file
from mlmon_shared.errors import ConfigurationError
from mlmon_standalone.data_folders import DataFolder, open_data_folder
from mlmon_standalone.server import Standalone, _announced, _listen, run_standalone
from mlmon_standalone.services import free_ports

WAITING = """
import signal, sys
print("ready", len(sys.argv), flush=True)
signal.pause()
"""
STOPPING_IN_ORDER = """
import signal, threading
stop = threading.Event()
signal.signal(signal.SIGTERM, lambda *_: stop.set())
print("ready", flush=True)
stop.wait()
print("stopped in order", flush=True)
"""


@pytest.fixture
def data(tmp_path) -> Iterator[DataFolder]:
    folder = open_data_folder(tmp_path / "data")
    yield folder
    folder.release()


@pytest.fixture
def connection_file(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home"))
    return standalone_connection_file()


def start_with_parent(folder: Path, source: str) -> subprocess.Popen[str]:
    (folder / "waiting.py").write_text(source)
    return subprocess.Popen(
        [sys.executable, "-m", "mlmon_standalone.with_parent", "waiting"],
        cwd=folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def test_taken_port_is_refused_in_one_line():
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(ConfigurationError) as caught:
            _listen(port)

    assert caught.value.detail == (f"port {port} of 127.0.0.1 is taken; choose another with --port")


async def test_server_on_a_taken_port_starts_nothing(data):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(ConfigurationError, match="is taken"):
            async with run_standalone(data, port=port):
                raise AssertionError("it started")

    assert not (data.path / "valkey").exists()


def test_port_is_free_again_at_once():
    with _listen(0) as listener:
        port = listener.getsockname()[1]
        client = socket.create_connection(("127.0.0.1", port))
        accepted, _ = listener.accept()
        accepted.close()
        client.close()

    with _listen(port) as again:
        assert again.getsockname() == ("127.0.0.1", port)


def test_free_ports_differ():
    assert len(set(free_ports(5))) == 5


def test_clients_find_the_server_while_it_is_there(data, connection_file):
    with _announced(Standalone("http://127.0.0.1:8080", data)):
        found = resolve_connection()

    assert found.url == "http://127.0.0.1:8080"
    assert found.token == data.admin_token_file.read_text().strip()
    assert not connection_file.exists()


def test_connection_file_of_a_newer_server_is_left_alone(data, connection_file):
    newer = {"url": "http://127.0.0.1:9090", "token_file": "/elsewhere/admin.token"}
    with _announced(Standalone("http://127.0.0.1:8080", data)):
        connection_file.write_text(json.dumps(newer))

    assert json.loads(connection_file.read_text()) == newer


@pytest.mark.parametrize("text", ["", "{", "[]", '{"url": 7}'])
def test_connection_file_that_somebody_damaged_is_left_alone(data, connection_file, text):
    with _announced(Standalone("http://127.0.0.1:8080", data)):
        connection_file.write_text(text)

    assert connection_file.read_text() == text


def test_connection_file_that_is_gone_already_is_no_fault(data, connection_file):
    with _announced(Standalone("http://127.0.0.1:8080", data)):
        connection_file.unlink()

    assert not connection_file.exists()


def test_connection_file_goes_also_when_the_server_fails(data, connection_file):
    with (
        pytest.raises(RuntimeError, match="a bug"),
        _announced(Standalone("http://127.0.0.1:8080", data)),
    ):
        raise RuntimeError("a bug")

    assert not connection_file.exists()


def test_server_runs_where_the_connection_file_cannot_be_written(data, connection_file):
    connection_file.parent.parent.write_text("not a folder")
    with _announced(Standalone("http://127.0.0.1:8080", data)) as announced:
        assert announced is None


def test_module_ends_when_its_parent_s_pipe_closes(tmp_path):
    with start_with_parent(tmp_path, WAITING) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        started = process.stdout.readline()
        process.stdin.close()
        status = process.wait(20)

    assert started == "ready 1\n"
    assert status == -signal.SIGTERM


def test_module_may_stop_in_order_when_its_parent_s_pipe_closes(tmp_path):
    with start_with_parent(tmp_path, STOPPING_IN_ORDER) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        process.stdout.readline()
        process.stdin.write("what a parent says changes nothing\n")
        process.stdin.close()
        said = process.stdout.read()
        status = process.wait(20)

    assert (said, status) == ("stopped in order\n", 0)


def test_module_ends_when_its_parent_is_killed(tmp_path):
    (tmp_path / "waiting.py").write_text(WAITING)
    parent = """
import signal, subprocess, sys
subprocess.Popen(
    [sys.executable, "-m", "mlmon_standalone.with_parent", "waiting"], stdin=subprocess.PIPE
)
signal.pause()
"""
    with subprocess.Popen(
        [sys.executable, "-c", parent], cwd=tmp_path, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        started = process.stdout.readline()
        process.kill()
        # The pipe ends when the last process that may write to it has ended.
        rest = process.stdout.read()

    assert (started, rest) == ("ready 1\n", "")


def test_status_of_the_module_is_the_program_s(tmp_path):
    with start_with_parent(tmp_path, "raise SystemExit(7)") as process:
        status = process.wait(20)

    assert status == 7
