import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from fastapi import FastAPI

from mlmon.cli.commits import commit_key
from mlmon.errors import ConfigurationError
from mlmon_shared.wire.batches import BatchDocument
from mlmon_shared.wire.runs import RunDocument
from tests.unit.mlmon.terminals import written_to_terminal

Mlmon = Callable[..., int]
MakeRun = Callable[..., RunDocument]
MakeBatch = Callable[..., BatchDocument]
Captured = pytest.CaptureFixture[str]
SUBMIT = ("submit", "train", "--client", "AA")


def test_times_travel_with_the_submission(mlmon: Mlmon, api: FastAPI) -> None:
    times = {"not-before": "01:00", "start-by": "02:00", "deadline": "03:00"}
    options = [f"--{name}=2026-01-05T{time}:00Z" for name, time in times.items()]

    assert mlmon(*SUBMIT, *options) == 0

    sent = api.state.sent[0][0].model_dump(mode="json")
    assert {name: sent[name.replace("-", "_")][11:16] for name in times} == times


def test_a_time_that_is_none_is_a_usage_error(mlmon: Mlmon, capsys: Captured) -> None:
    assert mlmon(*SUBMIT, "--deadline", "soon") == 2

    assert "/deadline" in capsys.readouterr().err


def test_waiting_with_json_prints_the_document_and_exits_by_the_outcome(
    mlmon: Mlmon, api: FastAPI, make_run: MakeRun, capsys: Captured
) -> None:
    api.state.runs["r1"] = make_run(state="expired")

    assert mlmon(*SUBMIT, "--wait", "--json") == 4

    assert json.loads(capsys.readouterr().out)["state"] == "expired"


def test_junit_tells_failures_from_what_never_ran(
    mlmon: Mlmon, api: FastAPI, make_run: MakeRun, make_batch: MakeBatch, tmp_path: Path
) -> None:
    api.state.batches = [make_batch(outcome="failed")]
    runs = [
        make_run("r1", key="a", run_seconds=2.5),
        make_run("r2", key="b", state="failed", cause="oom", reason="too\x00 much", attempt=2),
        make_run("r3", key="c", state="skipped", reason="b failed"),
    ]
    api.state.runs = {run.id: run for run in runs}
    (tmp_path / "batch.yaml").write_text("items: [{key: a, job: train, client: AA}]")
    report = tmp_path / "report.xml"

    assert mlmon("submit", "--batch", tmp_path / "batch.yaml", "--junit", report) == 1

    (suite,) = ET.parse(report).getroot()  # noqa: S314 - our own
    assert {name: suite.get(name) for name in ("tests", "failures", "skipped", "time")} == {
        "tests": "3",
        "failures": "1",
        "skipped": "1",
        "time": "2.500",
    }
    passed, failed, skipped = suite
    assert (passed.get("classname"), passed.get("name")) == ("train", "a (AA)")
    assert len(passed) == 0
    assert (failed[0].tag, failed[0].get("type")) == ("failure", "oom")
    assert failed[0].get("message") == "too\\x00 much"
    assert skipped[0].get("message") == "skipped: b failed"


def test_waiting_for_a_batch_tells_which_runs_failed_and_why(
    mlmon: Mlmon, api: FastAPI, make_run: MakeRun, make_batch: MakeBatch, capsys: Captured
) -> None:
    failed = [make_run(f"r{n}", state="failed", reason=f"exit code {n}") for n in range(10, 22)]
    late = make_run("r90", state="expired", reason="too late")
    api.state.runs = {run.id: run for run in [make_run(), *failed, late]}
    counts = {"succeeded": 1, "failed": 12, "expired": 1}
    api.state.batches = [make_batch(outcome="failed", total=14, counts=counts)]

    assert mlmon("batches", "wait", "b1") == 1

    told = capsys.readouterr().err.splitlines()[1:]
    assert told[0] == "train for AA failed: exit code 10 (run r10)"
    assert told[10:] == [
        "train for AA expired: too late (run r90)",
        "and 2 more: mlmon runs list --batch b1",
    ]


def test_waiting_for_a_run_shows_a_bar_on_a_terminal_only(mlmon: Mlmon, capsys: Captured) -> None:
    assert mlmon(*SUBMIT, "--wait") == 0
    assert "train for AA" not in capsys.readouterr().err

    assert "train for AA" in written_to_terminal("stderr", lambda: mlmon("runs", "wait", "r1"))


def test_once_per_commit_gives_the_same_key_for_the_same_submission_only(
    mlmon: Mlmon, api: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_SHA", "c0ffee")
    for month in (1, 1, 2):
        assert mlmon(*SUBMIT, "-p", f"month={month}", "--once-per-commit") == 0

    keys = [headers["idempotency-key"] for _, headers in api.state.sent]
    assert keys[0] == keys[1] != keys[2]
    assert all(key.startswith("c0ffee-") for key in keys)


def test_the_commit_is_that_of_the_checkout_or_none_is_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    with pytest.raises(ConfigurationError, match="GITHUB_SHA or CI_COMMIT_SHA"):
        commit_key({}, {})
    author = ["-c", "user.name=a", "-c", "user.email=a@example.com"]
    subprocess.run(["git", "init", "-q"], check=True)
    subprocess.run(["git", *author, "commit", "-q", "--allow-empty", "-m", "x"], check=True)
    head = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=True)

    assert commit_key({}, {}).startswith(head.stdout.strip() + "-")
