import asyncio
import json
import os
import signal
import threading
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
import yaml

from mlmon.cli import main as cli
from mlmon_shared.testing.containers import HOST_PYTHON, provide_host_image, require_engine
from mlmon_shared.testing.polling import eventually

JOB: dict[str, Any] = {
    "name": "count",
    "image": "example/count:1",
    "command": ["python", "count.py", "{{ params.month }}"],
    "environment": {"WHO": "{{ client.name }}/{{ client.labels.tier }}"},
    "parameters": {
        "type": "object",
        "additionalProperties": False,
        "properties": {"month": {"type": "integer"}, "year": {"default": 2013}},
        "required": ["month"],
    },
    "resources": {"memory": "64Mi"},
    "timeouts": {"run": "30s"},
    "outputs": [{"path": "a/result.json"}, {"path": "metrics.json", "kind": "metrics"}],
}
SCRIPT = dedent(
    """
    import json, os, pathlib, sys
    out = pathlib.Path(os.environ["MLMON_OUT"])
    (out / "a").mkdir()
    params = json.loads(pathlib.Path(os.environ["MLMON_PARAMS"]).read_text())
    seen = {"argv": sys.argv[1:], "who": os.environ["WHO"], "params": params}
    (out / "a" / "result.json").write_text(json.dumps(seen))
    (out / "metrics.json").write_text('{"auc": 0.5}')
    print("::mlmon metric name=rows value=3")
    print("counted")
    """
)
Write = Callable[..., Path]


@pytest.fixture
def write_job(tmp_path: Path) -> Write:
    """Write a definition and its script; return the definition's file."""

    def write(script: str = SCRIPT, **changes: Any) -> Path:
        file = tmp_path / "job.yaml"
        file.write_text(yaml.safe_dump(JOB | changes))
        (tmp_path / "count.py").write_text(script)
        return file

    return write


def run(file: Path, *more: str, runtime: str = "process") -> int:
    out = file.parent / "out"
    options = ["--client", "ua", "-p", "month=11", "--runtime", runtime, "--out", str(out)]
    return cli.main(["run-local", str(file), *options, *more])


def test_a_job_gets_what_the_fleet_gives_and_leaves_its_outputs(write_job, tmp_path, capsys):
    clients = tmp_path / "clients.yaml"
    clients.write_text("[{name: ua, labels: {tier: gold}}]")

    status = run(write_job(), "--clients", str(clients))

    told = capsys.readouterr()
    assert status == 0, told.err
    assert told.out == "::mlmon metric name=rows value=3\ncounted\n"
    assert json.loads((tmp_path / "out" / "a" / "result.json").read_text()) == {
        "argv": ["11"],
        "who": "ua/gold",
        "params": {"month": 11, "year": 2013},
    }
    assert "succeeded in" in told.err
    assert "metric auc = 0.5" in told.err
    assert "metric rows = 3" in told.err


@pytest.mark.parametrize(
    ("script", "told"),
    [
        (
            "import sys; print('bad rows', file=sys.stderr); sys.exit(64)",
            'The command ended with exit code 64. Its last words: "bad rows"',
        ),
        ("x = bytearray(10**9)", "failed (oom"),
        ("print('done')", "The declared output a/result.json was not written."),
        ("import time; time.sleep(60)", "failed (timeout"),
    ],
)
def test_a_failure_is_explained_as_the_fleet_does(write_job, capsys, script, told):
    limit = "1s" if "sleep" in script else "30s"

    status = run(write_job(script, timeouts={"run": limit}))

    assert status == 1
    assert told in capsys.readouterr().err


def test_wrong_parameters_and_missing_inputs_are_usage_errors(write_job, capsys):
    inputs = [{"from": "artifact:train/model.bin", "to": "model.bin"}]
    assert run(write_job(), "-p", "mnth=1") == 2
    assert 'no parameter is named "mnth"; did you mean "month"?' in capsys.readouterr().err

    assert run(write_job(inputs=inputs)) == 2

    assert "name the folder that holds model.bin with --in" in capsys.readouterr().err


def test_inputs_come_from_a_folder(write_job, tmp_path, capsys):
    (tmp_path / "given" / "parts" / "aa").mkdir(parents=True)
    (tmp_path / "given" / "parts" / "aa" / "p.txt").write_text("part")
    script = "import os; print(open(os.environ['MLMON_IN'] + '/parts/aa/p.txt').read())"
    inputs = [{"from": "artifact:train/p.txt", "to": "parts/"}]

    status = run(
        write_job(script, inputs=inputs, outputs=[]), "--in", str(tmp_path / "given"), "-o", "json"
    )

    told = capsys.readouterr()
    assert status == 0, told.err
    assert told.err.startswith("part\n")
    assert json.loads(told.out)["state"] == "succeeded"


def test_an_interrupt_cancels_with_the_reason_told(write_job, tmp_path, capsys):
    script = dedent(
        f"""
        import os, pathlib, signal, sys
        def stop(*_):
            print("told:", pathlib.Path(os.environ["MLMON_STOP_REASON_FILE"]).read_text())
            sys.exit(0)
        signal.signal(signal.SIGTERM, stop)
        pathlib.Path({str(tmp_path / "ready")!r}).touch()
        signal.pause()
        """
    )

    def interrupt() -> None:
        asyncio.run(eventually((tmp_path / "ready").exists))
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=interrupt)
    thread.start()
    status = run(write_job(script))
    thread.join()

    told = capsys.readouterr()
    assert status == 3, told.err
    assert "told: Interrupted at the terminal." in told.out
    assert "cancelled in 0 s: Interrupted at the terminal." in told.err


@pytest.mark.containers
def test_the_same_job_runs_in_a_container(write_job, tmp_path, capsys):
    client = require_engine()
    image = provide_host_image(client)
    client.close()

    status = run(
        write_job(image=image, command=[HOST_PYTHON, "-c", SCRIPT, "{{ params.month }}"]),
        runtime="docker",
    )

    told = capsys.readouterr()
    assert status == 0, told.err
    seen = json.loads((tmp_path / "out" / "a" / "result.json").read_text())
    assert seen["argv"] == ["11"]
    assert "plain process" not in told.err


PRINTING = "import os, pathlib; print(pathlib.Path(os.environ['MLMON_SECRETS'], 'URL').read_text())"


def test_secrets_come_from_files_or_the_environment_and_are_masked(
    write_job, tmp_path, capfd, monkeypatch
):
    lines = [PRINTING, PRINTING.replace("URL", "api-key")]
    script = "\n".join([*lines, "assert 'MLMON_SECRET_api_key' not in os.environ"])
    file = write_job(script, secrets={"URL": "db-url", "api-key": "key"}, outputs=[])
    (tmp_path / "url.txt").write_text("db://hunter2\n")
    monkeypatch.setenv("MLMON_SECRET_api_key", "key-of-mine")

    assert run(file, "--secret", f"URL=@{tmp_path / 'url.txt'}") == 0

    assert capfd.readouterr().out == f"{'*' * 12}\n{'*' * 11}\n"


def test_missing_or_bare_secret_is_refused_without_showing_it(write_job, capsys):
    file = write_job(secrets={"URL": "db-url"})

    assert run(file, "--secret", "URL=hunter2") != 0
    assert run(file) != 0
    assert run(file, "--secret", "URI=@/dev/null", "--secret", "URL=@/dev/null") != 0

    said = capsys.readouterr().err
    assert "write NAME=@FILE" in said
    assert "give --secret URL=@FILE, or set MLMON_SECRET_URL" in said
    assert 'did you mean "URL"?' in said
    assert "hunter2" not in said
