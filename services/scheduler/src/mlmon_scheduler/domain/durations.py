"""How long runs of a job take: a histogram with logarithmic buckets."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

BUCKET_GROWTH: Final = 1.25
"""Bucket i holds durations from 1.25^i to 1.25^(i+1) seconds; `end_attempt` in Lua counts them."""
UNKNOWN_SECONDS: Final = 600.0
"""Expected of a job of which nothing was measured yet."""


@dataclass(frozen=True)
class Estimate:
    """What a run is expected to take, in seconds.

    Attributes:
        mean: What its client is charged.
        p50: Half of the runs end sooner.
        p90: Nine of ten runs end sooner.
        count: Of measured runs; 0: nothing is known.
    """

    mean: float = UNKNOWN_SECONDS
    p50: float = UNKNOWN_SECONDS
    p90: float = UNKNOWN_SECONDS
    count: int = 0


def unknown_estimate(limit_seconds: float) -> Estimate:
    """Return the estimate of a job that never ran, which may take up to the limit."""
    expected = min(UNKNOWN_SECONDS, limit_seconds)
    return Estimate(mean=expected, p50=expected, p90=limit_seconds)


def estimate_of(counts: Mapping[int, int]) -> Estimate | None:
    """Return the estimate from a histogram, or None when it is empty.

    Args:
        counts: Bucket to number of runs.
    """
    total = sum(counts.values())
    if total <= 0:
        return None
    mean = sum(_middle(bucket) * count for bucket, count in counts.items()) / total
    return Estimate(mean, _quantile(counts, total, 0.5), _quantile(counts, total, 0.9), total)


def _quantile(counts: Mapping[int, int], total: int, share: float) -> float:
    """Return the duration below which that share of the runs lies, linear within a bucket."""
    wanted, below = share * total, 0
    for bucket in sorted(counts):
        if below + counts[bucket] >= wanted:
            start = BUCKET_GROWTH**bucket
            return start + (BUCKET_GROWTH - 1) * start * (wanted - below) / counts[bucket]
        below += counts[bucket]
    return float(BUCKET_GROWTH ** (max(counts) + 1))


def _middle(bucket: int) -> float:
    return float(BUCKET_GROWTH**bucket) * math.sqrt(BUCKET_GROWTH)
