"""What a benchmark prints: a table, and one line of JSON."""

import json
import os
import platform
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Literal

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True)
class Goal:
    """A figure that we mean to reach; ratios of one run, because machines are noisy."""

    name: str
    value: float
    goal: float
    better: Literal["lower", "higher"]

    @property
    def is_met(self) -> bool:
        """Whether the figure is at least as good as the goal."""
        return self.value <= self.goal if self.better == "lower" else self.value >= self.goal


def report(
    bench: str,
    seconds: Mapping[str, Sequence[float]],
    goals: Sequence[Goal],
    *,
    rounds: int,
) -> None:
    """Print the median and the spread of each thing that was timed, and the goals.

    Args:
        bench: Name of the benchmark.
        seconds: What was timed, each as often as there were rounds.
        goals: Figures, and what they should be.
        rounds: How often everything was done, by turns.
    """
    report_rows(
        bench,
        ("what", "median", "lowest", "highest"),
        [
            (
                name,
                *(
                    f"{figure * 1000:.1f} ms"
                    for figure in (statistics.median(values), min(values), max(values))
                ),
            )
            for name, values in seconds.items()
        ],
        goals,
        rounds=rounds,
        results={name: round(statistics.median(each), 4) for name, each in seconds.items()},
    )


def report_rows(
    bench: str,
    titles: Sequence[str],
    rows: Sequence[Sequence[str]],
    goals: Sequence[Goal],
    *,
    rounds: int,
    results: Mapping[str, object],
) -> None:
    """Print a table, the goals, and the line that programs read.

    Args:
        bench: Name of the benchmark.
        titles: Of the columns; the first is the name of what was measured.
        rows: As many texts each as there are titles.
        goals: Figures, and what they should be.
        rounds: How often everything was done, by turns.
        results: The figures, for the line of JSON.
    """
    table = Table(title=f"{bench}, {rounds} rounds")
    for place, title in enumerate(titles):
        table.add_column(title, justify="right" if place else "left")
    for row in rows:
        table.add_row(*row)
    console = Console(width=120)
    console.print(table)
    for goal in goals:
        word = "met" if goal.is_met else "missed"
        console.print(
            f"{goal.name}: {goal.value:.3g} (goal {goal.goal:g}, {goal.better} is better): {word}"
        )
    line = {
        "bench": bench,
        "machine": f"{os.cpu_count()} cores, {platform.machine()}, {platform.system()}",
        "rounds": rounds,
        "goals": [
            {**asdict(goal), "value": round(goal.value, 3), "is_met": goal.is_met} for goal in goals
        ],
        "results": results,
    }
    print(json.dumps(line))  # noqa: T201 - the line that programs read


def quantile(values: Sequence[float], share: float) -> float:
    """Return the value below which this share of the values lies."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
