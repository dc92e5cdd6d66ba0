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
    table = Table(title=f"{bench}, {rounds} rounds")
    table.add_column("what")
    for title in ("median", "lowest", "highest"):
        table.add_column(title, justify="right")
    for name, values in seconds.items():
        figures = (statistics.median(values), min(values), max(values))
        table.add_row(name, *(f"{figure * 1000:.1f} ms" for figure in figures))
    console = Console()
    console.print(table)
    for goal in goals:
        word = "met" if goal.is_met else "missed"
        console.print(
            f"{goal.name}: {goal.value:.2f} (goal {goal.goal:g}, {goal.better} is better): {word}"
        )
    line = {
        "bench": bench,
        "machine": f"{os.cpu_count()} cores, {platform.machine()}, {platform.system()}",
        "rounds": rounds,
        "goals": [
            {**asdict(goal), "value": round(goal.value, 3), "is_met": goal.is_met} for goal in goals
        ],
        "results": {name: round(statistics.median(each), 4) for name, each in seconds.items()},
    }
    print(json.dumps(line))  # noqa: T201 - the line that programs read
