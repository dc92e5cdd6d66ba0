import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

EXAMPLE = Path(__file__).parents[3] / "examples" / "flight-delays"
AIRLINES = ["F9", "HA"]
PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True)
class Finished:
    exit_code: int
    stdout: str
    stderr: str
    out: Path

    def read_json(self, name: str) -> dict[str, Any]:
        document: dict[str, Any] = json.loads((self.out / name).read_text(encoding="utf-8"))
        return document


def run_script(
    script: str, client: str, folder: Path, inputs: dict[str, Path] | None = None
) -> Finished:
    """Run a script as an agent would: its own folders, parameters in a file, nothing else."""
    for name, source in (inputs or {}).items():
        target = folder / "in" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, target)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "params.json").write_text("{}", encoding="utf-8")
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "SYSTEMROOT") if name in os.environ}
    environment = kept | {
        "OMP_NUM_THREADS": "1",
        "MLMON_CLIENT": client,
        "MLMON_PARAMS": str(folder / "params.json"),
        "MLMON_IN": str(folder / "in"),
        "MLMON_OUT": str(folder / "out"),
    }
    done = subprocess.run(
        [sys.executable, script],
        cwd=EXAMPLE,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return Finished(done.returncode, done.stdout, done.stderr, folder / "out")


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Finished]:
    folder = tmp_path_factory.mktemp("train")
    return {name: run_script("train.py", name, folder / name) for name in AIRLINES}


@pytest.fixture(scope="session")
def scored(
    trained: dict[str, Finished], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Finished]:
    folder = tmp_path_factory.mktemp("score")
    return {
        name: run_script(
            "score.py", name, folder / name, {"model.joblib": run.out / "model.joblib"}
        )
        for name, run in trained.items()
    }


@pytest.fixture(scope="session")
def summary(scored: dict[str, Finished], tmp_path_factory: pytest.TempPathFactory) -> Finished:
    inputs = {
        f"scores/{name}/metrics.json": run.out / "metrics.json" for name, run in scored.items()
    }
    return run_script("summarise.py", "all-airlines", tmp_path_factory.mktemp("summary"), inputs)


@pytest.mark.parametrize("airline", AIRLINES)
def test_training_publishes_a_model_and_how_it_was_measured(
    trained: dict[str, Finished], airline: str
) -> None:
    run = trained[airline]
    metrics = run.read_json("metrics.json")

    assert run.exit_code == 0, run.stderr
    assert (run.out / "model.joblib").stat().st_size > 0
    assert 0 <= metrics["auc"] <= 1
    assert 0 < metrics["held_out_rows"] < metrics["rows"]
    assert "tested on" in metrics["evaluation"]


def test_training_reports_growing_progress_up_to_one(trained: dict[str, Finished]) -> None:
    lines = trained["HA"].stdout.splitlines()
    reported = [float(line.split("=")[1]) for line in lines if line.startswith("::mlmon progress=")]

    assert len(reported) > 5
    assert reported == sorted(reported)
    assert reported[-1] == 1


def test_training_again_gives_the_same_metrics(
    trained: dict[str, Finished], tmp_path: Path
) -> None:
    again = run_script("train.py", "HA", tmp_path)

    assert again.read_json("metrics.json") == trained["HA"].read_json("metrics.json")


def test_an_airline_with_too_few_flights_fails_with_its_own_exit_code(tmp_path: Path) -> None:
    run = run_script("train.py", "OO", tmp_path)

    assert run.exit_code == 64
    assert run.stderr == "OO: only 24 flights to learn from, fewer than min_rows = 100\n"
    assert not run.out.exists()


@pytest.mark.parametrize("airline", AIRLINES)
def test_scoring_publishes_one_row_per_flight_of_the_later_months(
    scored: dict[str, Finished], airline: str
) -> None:
    run = scored[airline]
    scores = pd.read_csv(run.out / "scores.csv", parse_dates=["date"])

    assert run.exit_code == 0, run.stderr
    assert list(scores) == ["date", "flight", "origin", "dest", "probability", "was_late"]
    assert set(scores["date"].dt.month) == {11, 12}
    assert scores["probability"].between(0, 1).all()


@pytest.mark.parametrize("airline", AIRLINES)
def test_scoring_metrics_agree_with_the_scores(scored: dict[str, Finished], airline: str) -> None:
    run = scored[airline]
    metrics = run.read_json("metrics.json")
    scores = pd.read_csv(run.out / "scores.csv")

    assert metrics["rows"] == len(scores)
    assert metrics["late_share"] == pytest.approx(scores["was_late"].mean())
    assert f"::mlmon metric name=auc value={metrics['auc']:.6g}" in run.stdout


def test_summary_lists_every_scored_airline_with_its_name(summary: Finished) -> None:
    table = pd.read_csv(summary.out / "summary.csv")

    assert summary.exit_code == 0, summary.stderr
    assert dict(zip(table["airline"], table["name"], strict=True)) == {
        "F9": "Frontier Airlines Inc.",
        "HA": "Hawaiian Airlines Inc.",
    }


def test_summary_adds_up_the_airlines(summary: Finished, scored: dict[str, Finished]) -> None:
    totals = summary.read_json("summary.json")

    assert totals["rows"] == sum(run.read_json("metrics.json")["rows"] for run in scored.values())
    assert "OO" in totals["not_scored"]


def test_summary_draws_a_chart(summary: Finished) -> None:
    assert (summary.out / "chart.png").read_bytes().startswith(PNG_SIGNATURE)


def test_summary_without_scores_fails_with_its_own_exit_code(tmp_path: Path) -> None:
    run = run_script("summarise.py", "all-airlines", tmp_path)

    assert run.exit_code == 65
