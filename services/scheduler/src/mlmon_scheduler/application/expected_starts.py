"""When a run is expected to start: by the slots of agents, by a quota, by what it waits on."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from mlmon_scheduler.application.queue_facts import AgentFacts, HeldAttempt
from mlmon_scheduler.domain.durations import Estimate
from mlmon_scheduler.domain.forecasts import remaining_seconds, seconds_until_start, slots_of
from mlmon_scheduler.domain.quotas import ResourceQuota
from mlmon_scheduler.domain.shapes import is_exclusive, vector_of
from mlmon_shared.wire.agent_protocol import Vector


@dataclass(frozen=True)
class Span:
    """Seconds from now, in the middle and in nine of ten cases."""

    p50: float
    p90: float

    def plus(self, p50: float, p90: float) -> "Span":
        """Return it with as many seconds more."""
        return Span(self.p50 + p50, self.p90 + p90)

    def at_least(self, other: "Span") -> "Span":
        """Return the later of the two."""
        return Span(max(self.p50, other.p50), max(self.p90, other.p90))


def left_of(attempt: HeldAttempt, now_ms: int) -> tuple[float, float]:
    """Return how long an attempt still runs: p50 and p90."""
    elapsed = (now_ms - attempt.started_ms) / 1000
    return (
        remaining_seconds(elapsed, attempt.expected),
        remaining_seconds(elapsed, attempt.p90),
    )


def slots_on(shape: str, agents: Sequence[AgentFacts], now_ms: int) -> list[tuple[float, float]]:
    """Return when each place for such a run on these agents becomes free; 0: it is."""
    needed = vector_of(shape)
    slots: list[tuple[float, float]] = []
    for agent in agents:
        left = [left_of(attempt, now_ms) for attempt in agent.held]
        if is_exclusive(shape):
            # The host has to be empty.
            slots.append(
                (max((p50 for p50, _ in left), default=0.0), max((p for _, p in left), default=0.0))
            )
            continue
        free = agent.capacity.minus(agent.used)
        vectors = [attempt.vector for attempt in agent.held]
        p50 = slots_of(needed, free, zip((first for first, _ in left), vectors, strict=True))
        p90 = slots_of(needed, free, zip((second for _, second in left), vectors, strict=True))
        slots += zip(p50, p90, strict=True)
    return slots


def start_after(
    slots: Sequence[tuple[float, float]], ahead: int, estimate: Estimate
) -> Span | None:
    """Return when the run after `ahead` others like it starts; None without slots."""
    p50 = seconds_until_start([first for first, _ in slots], ahead, estimate.p50)
    p90 = seconds_until_start([second for _, second in slots], ahead, estimate.p90)
    return None if p50 is None or p90 is None else Span(p50, max(p50, p90))


def start_within_quota(
    quota: ResourceQuota,
    needed: Vector,
    held: Sequence[HeldAttempt],
    now_ms: int,
    *,
    before: int,
    estimate: Estimate,
) -> Span | None:
    """Return when a client at its quota may have one more run.

    Args:
        quota: Of resources; the quota of runs lets one start whenever one ends.
        needed: What the run asks for.
        held: The client's attempts, with what they take.
        now_ms: Of the store.
        before: Runs of the client that go first.
        estimate: How long each takes.
    """
    left = sorted((left_of(attempt, now_ms), attempt.vector) for attempt in held)
    taken = Vector()
    for attempt in held:
        taken = taken.plus(attempt.vector)
    for ended, (_, vector) in enumerate(left):
        taken = taken.minus(vector)
        if quota.explain_excess(taken, needed) is None:
            return start_after([span for span, _ in left[ended:]], before, estimate)
    return None


def when_enough_end(ends: Sequence[Span | None], needed: int) -> Span | None:
    """Return when so many of these have ended; None while nothing says that."""
    p50 = sorted(math.inf if end is None else end.p50 for end in ends)
    p90 = sorted(math.inf if end is None else end.p90 for end in ends)
    if needed > len(ends) or (needed > 0 and math.inf in (p50[needed - 1], p90[needed - 1])):
        return None
    return Span(0.0, 0.0) if needed <= 0 else Span(p50[needed - 1], p90[needed - 1])


def when_last_ends(ends: Sequence[Span], count: int) -> Span | None:
    """Return when the last of many has ended, from some of them taken by chance.

    If ends are spread evenly over the whole time, the last of a sample of k is expected at
    k / (k + 1) of it: the German tank problem, https://en.wikipedia.org/wiki/German_tank_problem.

    Args:
        ends: Of the sample.
        count: How many there are.
    """
    if not ends:
        return None
    last = Span(max(end.p50 for end in ends), max(end.p90 for end in ends))
    if len(ends) >= count:
        return last
    share = 1 + 1 / len(ends)
    return Span(last.p50 * share, last.p90 * share)
