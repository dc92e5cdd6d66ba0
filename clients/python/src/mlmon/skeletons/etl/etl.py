"""Extracts rows, drops the wrong ones, and sums by day; put your own source into `extract`."""

import csv
import json
import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

WRONG_DATA = 65
"""Exit code for a source that is not to be trusted; the definition does not retry it."""


def extract(source: str) -> Iterator[dict[str, str]]:
    """Yield the rows of a file beside this one."""
    with (Path(__file__).parent / source).open(newline="") as file:
        yield from csv.DictReader(file)


def transform(rows: Iterable[dict[str, str]]) -> tuple[dict[str, float], int, int]:
    """Return the sums by day, and how many rows were right and wrong."""
    sums: dict[str, float] = {}
    right = wrong = 0
    for row in rows:
        try:
            amount = float(row["amount"])
        except ValueError:
            wrong += 1
            continue
        if not row["day"]:
            wrong += 1
            continue
        sums[row["day"]] = sums.get(row["day"], 0.0) + amount
        right += 1
    return sums, right, wrong


def load(sums: dict[str, float], target: Path) -> None:
    """Write the sums, a day a line."""
    with target.open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["day", "amount"])
        table.writerows(sorted(sums.items()))


def main() -> int:
    """Return the exit code."""
    params = json.loads(Path(os.environ["MLMON_PARAMS"]).read_text())
    out = Path(os.environ["MLMON_OUT"])
    sums, right, wrong = transform(extract(params["source"]))
    if wrong > params["max_wrong_share"] * (right + wrong):
        print(f"{wrong} of {right + wrong} rows are wrong", file=sys.stderr)
        return WRONG_DATA
    load(sums, out / "daily.csv")
    (out / "metrics.json").write_text(json.dumps({"right": right, "wrong": wrong}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
