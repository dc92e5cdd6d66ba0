"""Fits a line by gradient descent; put your framework into `fit` and give it the device."""

import json
import os
import random
from collections.abc import Callable
from pathlib import Path

ROWS = 200


def choose_device(devices: Path = Path("/dev")) -> str:
    """Return `cuda` where this process has a GPU of Nvidia's, else `cpu`."""
    found = [path for path in devices.glob("nvidia[0-9]*") if path.name[6:].isdecimal()]
    return "cuda" if found else "cpu"


def load(client: str) -> list[tuple[float, float]]:
    """Return points of a line with noise; the same client always gets the same ones."""
    source = random.Random(client)  # noqa: S311 - sample data
    xs = [source.uniform(-1, 1) for _ in range(ROWS)]
    return [(x, 3 * x + 2 + source.gauss(0, 0.1)) for x in xs]


def fit(
    points: list[tuple[float, float]],
    *,
    epochs: int,
    rate: float,
    device: str,
    on_epoch: Callable[[int, float], None],
) -> dict[str, float | str]:
    """Return the line after so many epochs; plain Python computes it on the CPU anyway."""
    slope = intercept = 0.0
    for epoch in range(1, epochs + 1):
        loss = 0.0
        for x, y in points:
            error = slope * x + intercept - y
            slope -= rate * error * x
            intercept -= rate * error
            loss += error**2
        on_epoch(epoch, loss / len(points))
    return {"slope": slope, "intercept": intercept, "device": device}


def main() -> None:
    """Train, report every epoch, and leave model and metrics."""
    params = json.loads(Path(os.environ["MLMON_PARAMS"]).read_text())
    out = Path(os.environ["MLMON_OUT"])
    device = choose_device()
    print("training on the GPU" if device == "cuda" else "no GPU is here: training on the CPU")
    losses = []

    def report(epoch: int, loss: float) -> None:
        losses.append(loss)
        print(f"::mlmon progress={epoch / params['epochs']:.2f}")
        print(f"::mlmon metric name=loss value={loss}")

    points = load(os.environ["MLMON_CLIENT"])
    model = fit(
        points, epochs=params["epochs"], rate=params["rate"], device=device, on_epoch=report
    )
    (out / "model.json").write_text(json.dumps(model))
    (out / "metrics.json").write_text(json.dumps({"loss": losses[-1], "epochs": len(losses)}))


if __name__ == "__main__":
    main()
