from collections.abc import Callable
from types import ModuleType

import numpy as np
import pandas as pd
import pytest


@pytest.fixture
def metrics(load_script: Callable[[str], ModuleType]) -> ModuleType:
    return load_script("metrics")


def test_a_perfect_order_has_auc_one(metrics: ModuleType) -> None:
    measured = metrics.measure(pd.Series([False, True]), np.array([0.1, 0.9]))

    assert measured["auc"] == 1
    assert measured["late_share"] == 0.5


@pytest.mark.parametrize("late", [True, False])
def test_auc_is_unknown_when_only_one_outcome_happened(metrics: ModuleType, late: bool) -> None:
    measured = metrics.measure(pd.Series([late, late]), np.array([0.2, 0.4]))

    assert measured["auc"] is None
    assert measured["log_loss"] > 0


def test_nothing_is_known_without_flights(metrics: ModuleType) -> None:
    measured = metrics.measure(pd.Series([], dtype=bool), np.array([]))

    assert set(measured.values()) == {None}


def test_auc_is_less_certain_with_few_flights(metrics: ModuleType) -> None:
    few = metrics.auc_standard_error(0.7, rows=50, late_share=0.2)
    many = metrics.auc_standard_error(0.7, rows=5000, late_share=0.2)

    assert few > 5 * many
