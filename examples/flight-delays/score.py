"""Score one airline's flights with its model; publishes scores.csv and metrics.json."""

import sys

import joblib
import numpy as np
import pandas as pd
from contract import (
    client_name,
    input_path,
    output_path,
    read_params,
    report_metrics,
    report_progress,
    write_json,
)
from flights import FEATURES, is_late, read_flights
from metrics import measure

DEFAULTS = {"months": [11, 12]}
CHUNKS = 4


def main() -> int:
    """Score, measure, publish; returns the exit code."""
    months = read_params(DEFAULTS)["months"]
    model = joblib.load(input_path("model.joblib"))
    flights = read_flights(client_name(), months)
    print(f"{client_name()}: {len(flights)} flights in months {months}")
    report_progress(0.2)

    probability = np.zeros(len(flights))
    for number, rows in enumerate(np.array_split(np.arange(len(flights)), CHUNKS), start=1):
        if len(rows):
            probability[rows] = model.predict_proba(flights[FEATURES].iloc[rows])[:, 1]
        report_progress(0.2 + 0.6 * number / CHUNKS)

    scores_table(flights, probability).to_csv(output_path("scores.csv"), index=False)
    metrics = {**measure(is_late(flights), probability), "rows": len(flights)}
    if metrics["auc"] is None:
        print("AUC is unknown: it needs flights that were late and flights that weren't")
    write_json("metrics.json", {**metrics, "months": months})
    report_metrics(metrics)
    report_progress(1)
    return 0


def scores_table(flights: pd.DataFrame, probability: np.ndarray) -> pd.DataFrame:
    """One row per flight: which it was, how likely it was to be late, and whether it was."""
    table = flights[["date", "flight", "origin", "dest"]].copy()
    table["probability"] = probability.round(4)
    table["was_late"] = is_late(flights).astype(int)
    return table


if __name__ == "__main__":
    sys.exit(main())
