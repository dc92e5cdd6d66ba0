"""The demo in containers gives what it gives as processes."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from mlmon_shared.testing.containers import require_engine
from tests.e2e.conftest import MLMON, Up

EXAMPLE = Path(__file__).parents[2] / "examples" / "flight-delays"
AIRLINES = ("HA", "F9")


# The image is built first.
@pytest.mark.timeout(1200)
def test_demo_in_containers_has_the_same_results_as_processes(up: Up, tmp_path: Path):
    client = require_engine()
    try:
        done = subprocess.run(
            [MLMON, "demo", "--docker", "--data", str(up.data)],
            env=up.environment | {"COLUMNS": "120"},
            capture_output=True,
            text=True,
            timeout=1100,
            check=False,
        )
        left = [
            container
            for folder in (up.data / "agents").iterdir()
            for container in client.containers(
                all=True, filters={"label": f"mlmon.agent={folder / 'scratch'}"}
            )
        ]
    finally:
        client.close()

    assert done.returncode == 0, done.stdout + done.stderr
    assert "Attempts run in containers: Docker" in done.stdout
    assert "plain processes" not in done.stdout
    assert "OO: delay-train failed (user_error, exit code 64)" in done.stdout
    assert "1 failed, 1 skipped, 31 succeeded" in done.stdout
    assert (up.data / "flight-delays.png").read_bytes().startswith(b"\x89PNG")
    assert left == []
    for airline in AIRLINES:
        expected = f"{_score_by_hand(airline, tmp_path / airline):.3f}"
        (row,) = (line for line in done.stdout.splitlines() if f"│ {airline} " in line)
        assert expected in row.split()


def _score_by_hand(airline: str, folder: Path) -> float:
    """Train and score as the example's README says, with nothing of MLMon; return the AUC."""
    own = {"MLMON_CLIENT": airline, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    steps = (
        ("train.py", {"MLMON_OUT": str(folder / "train")}),
        (
            "score.py",
            {"MLMON_IN": str(folder / "train"), "MLMON_OUT": str(folder / "score")},
        ),
    )
    for script, paths in steps:
        subprocess.run(
            [sys.executable, str(EXAMPLE / script)],
            env=dict(os.environ) | own | paths,
            check=True,
            capture_output=True,
        )
    return float(json.loads((folder / "score" / "metrics.json").read_text())["auc"])
