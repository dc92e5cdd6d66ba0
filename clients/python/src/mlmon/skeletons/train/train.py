"""Fits a line to one client's points; put your own data into `load`, your model into `fit`."""

import json
import os
import random
from pathlib import Path

HELD_OUT = 5


def load(client: str, rows: int) -> list[tuple[float, float]]:
    """Return points of a line with noise; the same client always gets the same ones."""
    source = random.Random(client)  # noqa: S311 - sample data
    xs = [source.uniform(0, 10) for _ in range(rows)]
    return [(x, 3 * x + 2 + source.gauss(0, 0.5)) for x in xs]


def fit(points: list[tuple[float, float]]) -> dict[str, float]:
    """Return the line of the least squares."""
    count = len(points)
    mean_x = sum(x for x, _ in points) / count
    mean_y = sum(y for _, y in points) / count
    spread = sum((x - mean_x) ** 2 for x, _ in points)
    slope = sum((x - mean_x) * (y - mean_y) for x, y in points) / spread
    return {"slope": slope, "intercept": mean_y - slope * mean_x}


def mean_error(model: dict[str, float], points: list[tuple[float, float]]) -> float:
    """Return the mean absolute error."""
    errors = [abs(model["slope"] * x + model["intercept"] - y) for x, y in points]
    return sum(errors) / len(errors)


def main() -> None:
    """Train, measure on rows that were held out, and leave model and metrics."""
    params = json.loads(Path(os.environ["MLMON_PARAMS"]).read_text())
    out = Path(os.environ["MLMON_OUT"])
    points = load(os.environ["MLMON_CLIENT"], params["rows"])
    border = len(points) - len(points) // HELD_OUT
    model = fit(points[:border])
    print("::mlmon progress=0.5")
    error = mean_error(model, points[border:])
    print(f"::mlmon metric name=error value={error}")
    (out / "model.json").write_text(json.dumps(model))
    (out / "metrics.json").write_text(json.dumps({"rows": border, "error": error}))


if __name__ == "__main__":
    main()
