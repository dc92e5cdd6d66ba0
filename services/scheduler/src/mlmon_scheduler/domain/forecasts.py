"""When a waiting run is expected to start: its place, and the slots that become free."""

import heapq
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from mlmon_shared.wire.agent_protocol import Vector
from mlmon_shared.wire.states import Lane

HALF_LIFE_MS: Final = 2 * 3600 * 1000
LANE_WEIGHTS: Final = {Lane.HIGH: 64, Lane.NORMAL: 16, Lane.LOW: 4, Lane.BACKFILL: 1}
"""Of the lanes that take turns; `lib/choice.lua` has the same."""
_SIMULATED_RUNS: Final = 20_000
_OVERDUE_SHARE: Final = 0.1
"""A run that is over its estimate is taken to need this much more of what it took so far."""


@dataclass(frozen=True)
class Share:
    """A client in a queue.

    Attributes:
        level: Its usage as the store keeps it, log2, decayed by time, divided by its weight.
        weight: Of the client.
        queued: Its runs in the queue.
        wins_ties: It goes before a client that has used as much: the queue goes by name then.
    """

    level: float
    weight: float
    queued: int
    wins_ties: bool = False

    @classmethod
    def of(cls, total: float, weight: float, queued: int) -> "Share":
        """Return the share of a client whose usage is not divided by its weight yet."""
        return cls(total - math.log2(weight), weight, queued)


def place_of(
    own: Share, runs_before: int, cost: float, rivals: Iterable[Share], now_ms: int
) -> int:
    """Return how many-th a run is, if every run in the queue cost the same.

    The client that has used least is served again and again (see `lib/choice.lua`), so a
    rival is served before us for as long as it has used less than we will have.

    Args:
        own: The run's client.
        runs_before: Its runs that go before this one.
        cost: Of one run: share of a host times seconds.
        rivals: The other clients with queued runs.
        now_ms: Of the store.
    """
    step = max(cost, 1e-9)
    reached = _usage(own.level, now_ms) + runs_before * step / own.weight
    place = 1 + runs_before
    for rival in rivals:
        lead = reached - _usage(rival.level, now_ms)
        if lead > 0:
            place += min(rival.queued, math.ceil(lead * rival.weight / step))
        elif lead == 0 and rival.wins_ties:
            place += min(rival.queued, 1)
    return place


def _usage(level: float, now_ms: int) -> float:
    """Return usage in units of cost at this moment."""
    return float(2.0 ** max(-1000.0, min(level - now_ms / HALF_LIFE_MS, 1000.0)))


def runs_ahead(place: int, lane: Lane, queued_by_lane: dict[Lane, int]) -> int:
    """Return how many runs start first, with those of other lanes that take turns with ours."""
    if lane is Lane.CRITICAL:
        return place - 1
    before = place - 1
    others = 0
    for other, queued in queued_by_lane.items():
        if other is not lane and other in LANE_WEIGHTS:
            turns = math.ceil(before * LANE_WEIGHTS[other] / LANE_WEIGHTS[lane])
            others += min(queued, turns)
    return before + others + queued_by_lane.get(Lane.CRITICAL, 0)


def remaining_seconds(elapsed: float, expected: float) -> float:
    """Return how long something that has run so long still runs."""
    return max(expected - elapsed, elapsed * _OVERDUE_SHARE)


def slots_of(needed: Vector, free: Vector, ends: Iterable[tuple[float, Vector]]) -> list[float]:
    """Return after how many seconds each place for such a run on a host becomes free.

    Args:
        needed: What the run asks for.
        free: Of the host now.
        ends: How long each attempt on the host still runs, and what it gives back then.
    """
    slots = [0.0] * _times(needed, free)
    for seconds, vector in sorted(ends, key=lambda end: end[0]):
        free = free.plus(vector)
        slots += [seconds] * (_times(needed, free) - len(slots))
    return slots


def _times(needed: Vector, available: Vector) -> int:
    counts = [
        getattr(available, name) // amount
        for name in ("cpu_milli", "memory", "gpus", "disk")
        if (amount := getattr(needed, name)) > 0
    ]
    return max(0, min(counts, default=0))


def seconds_until_start(slots: Sequence[float], ahead: int, seconds: float) -> float | None:
    """Return when the run after `ahead` others starts, each of them taking that long.

    Returns:
        None when there is no slot.
    """
    if not slots:
        return None
    if ahead > _SIMULATED_RUNS:
        return sum(slots) / len(slots) + ahead / len(slots) * seconds
    free_at = list(slots)
    heapq.heapify(free_at)
    for _ in range(ahead):
        heapq.heapreplace(free_at, free_at[0] + seconds)
    return free_at[0]
