"""What an attempt costs: its share of a host, for as long as it holds it."""

from collections.abc import Iterable

from mlmon_shared.wire.catalog import Pool
from mlmon_shared.wire.job_definitions import Resources

_HOUR: float = 3600.0


def share_of_host(needed: Resources, host: Resources) -> float:
    """Return the largest fraction, of any resource, that is taken of a host, 0 to 1.

    This is the dominant share of Ghodsi et al., "Dominant Resource Fairness" (2011).
    """
    if needed.exclusive:
        return 1.0
    fractions = [
        getattr(needed, name) / most
        for name in ("cpu", "memory", "gpus", "disk")
        if (most := getattr(host, name)) > 0
    ]
    return min(1.0, max(fractions, default=1.0))


def cost_of(needed: Resources, pools: Iterable[Pool], seconds: float) -> float | None:
    """Return what such a time costs in the first of these pools, in the currency of its price.

    Args:
        needed: What an attempt takes.
        pools: In the order in which they are preferred; those without a price are passed over.
        seconds: Of attempts, all together.

    Returns:
        None when no pool has a price.
    """
    for pool in pools:
        if pool.price_per_hour is not None:
            return seconds / _HOUR * pool.price_per_hour * share_of_host(needed, pool.resources)
    return None
