import json
from collections.abc import Callable

import pytest
from fastapi import FastAPI


@pytest.fixture(autouse=True)
def _runs(api: FastAPI, make_run) -> None:
    api.state.runs = {
        "r1": make_run(metrics={"auc": 0.5}, run_seconds=2.25),
        "r2": make_run("r2", metrics={"auc": 0.75}, run_seconds=2.25),
    }


def test_runs_are_shown_side_by_side(
    mlmon: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert mlmon("runs", "compare", "r1", "r2") == 0

    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert lines[0] == ["FACT", "r1", "r2"]
    assert ["run_seconds", "2.25", "2.25"] in lines
    assert ["metrics.auc", "~", "0.5", "0.75"] in lines


def test_only_what_differs_is_a_document(
    mlmon: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert mlmon("runs", "compare", "r1", "r2", "--differences", "-o", "json") == 0

    assert json.loads(capsys.readouterr().out) == {
        "runs": ["r1", "r2"],
        "facts": [{"name": "metrics.auc", "values": [0.5, 0.75], "differs": True}],
    }


def test_one_run_is_refused(mlmon: Callable[..., int], capsys: pytest.CaptureFixture[str]) -> None:
    assert mlmon("runs", "compare", "r1") != 0
    assert "two or more different runs" in capsys.readouterr().err
