"""Train one airline's model of late arrivals; publishes model.joblib and metrics.json."""

import sys
from collections.abc import Iterator

import joblib
import pandas as pd
from contract import (
    client_name,
    output_path,
    read_params,
    report_metrics,
    report_progress,
    write_json,
)
from flights import FEATURES, is_late, read_flights, split_by_date
from metrics import measure
from sklearn.ensemble import HistGradientBoostingClassifier

DEFAULTS = {"first_month": 1, "last_month": 10, "min_rows": 100}
EXIT_TOO_FEW_FLIGHTS = 64
"""Exit code of an airline with too little to learn from: the definition doesn't retry it."""

HELD_OUT_SHARE = 0.2
TREES = 60
TREES_PER_STEP = 20


def main() -> int:
    """Train, measure, publish; returns the exit code."""
    params = read_params(DEFAULTS)
    first, last = params["first_month"], params["last_month"]
    flights = read_flights(client_name(), months=list(range(first, last + 1)))
    print(f"{client_name()}: {len(flights)} flights in months {first} to {last}")
    problem = find_problem(flights, params["min_rows"])
    if problem:
        print(f"{client_name()}: {problem}", file=sys.stderr)
        return EXIT_TOO_FEW_FLIGHTS
    report_progress(0.1)

    earlier, later = split_by_date(flights, HELD_OUT_SHARE)
    trial = new_model()
    for fitted in fit_in_steps(trial, earlier):
        report_progress(0.1 + 0.4 * fitted)
    metrics = measure(is_late(later), trial.predict_proba(later[FEATURES])[:, 1])
    report_metrics(metrics)

    model = new_model()
    for fitted in fit_in_steps(model, flights):
        report_progress(0.5 + 0.45 * fitted)
    joblib.dump(model, output_path("model.joblib"), compress=3)

    first_day, last_day = later["date"].min().date(), later["date"].max().date()
    write_json(
        "metrics.json",
        {
            **metrics,
            "rows": len(flights),
            "held_out_rows": len(later),
            "evaluation": f"A model trained on the {len(earlier)} flights before {first_day}, "
            f"tested on the {len(later)} from then to {last_day}; "
            f"the published model is trained on all {len(flights)}.",
        },
    )
    report_metrics({"rows": len(flights)})
    report_progress(1)
    return 0


def find_problem(flights: pd.DataFrame, min_rows: int) -> str | None:
    """Why these flights can't train a model, or None if they can."""
    if len(flights) < min_rows:
        return f"only {len(flights)} flights to learn from, fewer than min_rows = {min_rows}"
    earlier, _ = split_by_date(flights, HELD_OUT_SHARE)
    if is_late(earlier).all() or not is_late(earlier).any():
        return "the earlier flights are all late or all punctual: nothing to tell apart"
    return None


def new_model() -> HistGradientBoostingClassifier:
    """An untrained model; small trees, as most airlines have only a few thousand flights."""
    return HistGradientBoostingClassifier(
        learning_rate=0.1,
        max_leaf_nodes=15,
        min_samples_leaf=40,
        l2_regularization=5,
        categorical_features="from_dtype",
        early_stopping=False,
        warm_start=True,
        random_state=0,
    )


def fit_in_steps(model: HistGradientBoostingClassifier, flights: pd.DataFrame) -> Iterator[float]:
    """Grow the model's trees, some at a time; yields the share that is there."""
    for trees in range(TREES_PER_STEP, TREES + 1, TREES_PER_STEP):
        model.set_params(max_iter=trees).fit(flights[FEATURES], is_late(flights))
        yield trees / TREES


if __name__ == "__main__":
    sys.exit(main())
