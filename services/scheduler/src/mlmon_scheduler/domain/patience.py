"""How long an agent may go on unheard, and when nothing of it can run any more."""

from collections.abc import Iterable
from typing import Final

from mlmon_shared.wire.catalog import Pool

YOUNG_STOP_SECONDS: Final = 60.0
"""An agent stops at the latest then while history may not know of the grant."""
_LOST_MARGIN_SECONDS: Final = 2.0
"""Between an agent's own stop and its loss, beside the kill grace: clocks and delivery."""


def young_stop_after(pool: Pool) -> float:
    """Return after how many seconds unheard an agent stops what history may not know of."""
    return min(pool.stop_after, YOUNG_STOP_SECONDS)


def lost_after(pool: Pool) -> float:
    """Return after how many seconds unheard everything of an agent has surely stopped."""
    return pool.stop_after + pool.kill_grace + _LOST_MARGIN_SECONDS


def young_lost_after(pools: Iterable[Pool]) -> float:
    """Return after how many seconds what history may not know of has surely stopped, anywhere."""
    return max(
        (young_stop_after(pool) + pool.kill_grace + _LOST_MARGIN_SECONDS for pool in pools),
        default=YOUNG_STOP_SECONDS + _LOST_MARGIN_SECONDS,
    )
