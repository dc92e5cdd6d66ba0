"""Compare all airlines that were scored; publishes summary.csv, summary.json and chart.png."""

import json
import sys
from pathlib import Path
from typing import Any

import pandas as pd
from chart import draw_chart
from contract import input_path, output_path, report_metrics, report_progress, write_json
from flights import read_airline_names

COLUMNS = ["airline", "name", "rows", "late_share", "auc", "log_loss"]
EXIT_NOTHING_TO_COMPARE = 65
"""Exit code when no scoring run has left its metrics."""


def main() -> int:
    """Collect, compare, draw; returns the exit code."""
    names = read_airline_names()
    metrics = read_metrics(input_path("scores"))
    if not metrics:
        print("There are no metrics in the input folder scores/", file=sys.stderr)
        return EXIT_NOTHING_TO_COMPARE
    summary = summary_table(metrics, names)
    print(summary.to_string(index=False))
    report_progress(0.4)

    totals = summarise(summary, names)
    summary.to_csv(output_path("summary.csv"), index=False, float_format="%.4f")
    write_json("summary.json", totals)
    draw_chart(summary, totals, output_path("chart.png"))
    report_metrics({key: totals[key] for key in ("airlines", "rows", "late_share", "mean_auc")})
    report_progress(1)
    return 0


def read_metrics(folder: Path) -> dict[str, dict[str, Any]]:
    """What each scoring run measured, by airline code: MLMon made one folder for each."""
    files = sorted(folder.glob("*/metrics.json"))
    return {file.parent.name: json.loads(file.read_text(encoding="utf-8")) for file in files}


def summary_table(metrics: dict[str, dict[str, Any]], names: dict[str, str]) -> pd.DataFrame:
    """One row per airline, best AUC first; those without an AUC come last."""
    rows = [
        {**one, "airline": code, "name": names.get(code, code)} for code, one in metrics.items()
    ]
    table = pd.DataFrame(rows, columns=COLUMNS)
    numbers = ["late_share", "auc", "log_loss"]
    table[numbers] = table[numbers].astype(float)
    return table.sort_values(["auc", "airline"], ascending=[False, True], ignore_index=True)


def summarise(summary: pd.DataFrame, names: dict[str, str]) -> dict[str, Any]:
    """Numbers over all airlines; means of flights, except the AUC, which is a mean of airlines."""
    rows = int(summary["rows"].sum())
    measured = summary.dropna(subset="auc")
    late = (summary["late_share"].fillna(0) * summary["rows"]).sum()
    return {
        "airlines": len(summary),
        "not_scored": sorted(set(names) - set(summary["airline"])),
        "rows": rows,
        "late_share": float(late / rows) if rows else None,
        "mean_auc": float(measured["auc"].mean()) if len(measured) else None,
        "best": str(measured["airline"].iloc[0]) if len(measured) else None,
        "worst": str(measured["airline"].iloc[-1]) if len(measured) else None,
    }


if __name__ == "__main__":
    sys.exit(main())
