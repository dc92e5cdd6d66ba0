"""Scores rows with a trained line; put your own rows into `load`, your model into `score`."""

import csv
import json
import os
from collections.abc import Iterator
from pathlib import Path

REPORTS = 10


def load(rows: int) -> Iterator[float]:
    """Yield what is to be scored, a row at a time."""
    return (row / 10 for row in range(rows))


def score(model: dict[str, float], x: float) -> float:
    """Return the score of one row."""
    return model["slope"] * x + model["intercept"]


def main() -> None:
    """Score every row and leave a table."""
    params = json.loads(Path(os.environ["MLMON_PARAMS"]).read_text())
    model = json.loads((Path(os.environ["MLMON_IN"]) / "model.json").read_text())
    out = Path(os.environ["MLMON_OUT"])
    rows = params["rows"]
    every = max(rows // REPORTS, 1)
    total = 0.0
    with (out / "scores.csv").open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["row", "score"])
        for number, x in enumerate(load(rows), start=1):
            value = score(model, x)
            total += value
            table.writerow([number, value])
            if number % every == 0:
                print(f"::mlmon progress={number / rows:.2f}")
    (out / "metrics.json").write_text(json.dumps({"rows": rows, "mean_score": total / rows}))


if __name__ == "__main__":
    main()
