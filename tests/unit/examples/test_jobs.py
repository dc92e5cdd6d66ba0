from collections.abc import Callable
from types import ModuleType

import numpy as np
import pandas as pd
import pytest

NAMES = {"AA": "American", "HA": "Hawaiian", "OO": "SkyWest"}


def some_days(arr_delay: list[float]) -> pd.DataFrame:
    dates = pd.date_range("2013-01-01", periods=len(arr_delay))
    return pd.DataFrame({"date": dates, "arr_delay": arr_delay})


def test_too_few_flights_are_a_problem(load_script: Callable[[str], ModuleType]) -> None:
    problem = load_script("train").find_problem(some_days([0.0, 60.0] * 5), min_rows=11)

    assert problem == "only 10 flights to learn from, fewer than min_rows = 11"


def test_flights_that_are_all_punctual_are_a_problem(
    load_script: Callable[[str], ModuleType],
) -> None:
    problem = load_script("train").find_problem(some_days([0.0] * 10), min_rows=5)

    assert "nothing to tell apart" in problem


def test_enough_mixed_flights_are_no_problem(load_script: Callable[[str], ModuleType]) -> None:
    assert load_script("train").find_problem(some_days([0.0, 60.0] * 5), min_rows=10) is None


def test_scores_name_each_flight_and_its_outcome(load_script: Callable[[str], ModuleType]) -> None:
    flights = some_days([0.0, 60.0]).assign(flight=[7, 8], origin="JFK", dest="HNL")

    table = load_script("score").scores_table(flights, np.array([0.25, 0.5]))

    assert list(table) == ["date", "flight", "origin", "dest", "probability", "was_late"]
    assert table["was_late"].tolist() == [0, 1]


def test_an_airline_without_auc_comes_last(load_script: Callable[[str], ModuleType]) -> None:
    metrics = {
        "AA": {"rows": 10, "late_share": 0.0, "auc": None, "log_loss": 0.1},
        "HA": {"rows": 30, "late_share": 0.4, "auc": 0.6, "log_loss": 0.5},
    }

    table = load_script("summarise").summary_table(metrics, NAMES)

    assert table["name"].tolist() == ["Hawaiian", "American"]


def test_totals_weigh_lateness_by_flights_and_name_who_is_missing(
    load_script: Callable[[str], ModuleType],
) -> None:
    summarise = load_script("summarise")
    metrics = {
        "AA": {"rows": 10, "late_share": 0.0, "auc": None, "log_loss": 0.1},
        "HA": {"rows": 30, "late_share": 0.4, "auc": 0.6, "log_loss": 0.5},
    }

    totals = summarise.summarise(summarise.summary_table(metrics, NAMES), NAMES)

    assert totals["late_share"] == pytest.approx(0.3)
    assert totals["mean_auc"] == pytest.approx(0.6)
    assert totals["not_scored"] == ["OO"]


def test_progress_and_metrics_are_printed_as_mlmon_reads_them(
    load_script: Callable[[str], ModuleType], capsys: pytest.CaptureFixture[str]
) -> None:
    contract = load_script("contract")

    contract.report_progress(0.421)
    contract.report_metrics({"auc": 0.91, "log_loss": None})

    assert capsys.readouterr().out == "::mlmon progress=0.42\n::mlmon metric name=auc value=0.91\n"
