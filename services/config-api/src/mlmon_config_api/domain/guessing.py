"""How long to wait before somebody may try another password."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

FORGOTTEN_AFTER: Final = timedelta(hours=1)
"""Failures count for so long after the last one."""
_LONGEST: Final = timedelta(minutes=15)


@dataclass(frozen=True)
class Counter:
    """Failures that are counted together.

    Attributes:
        key: What they have in common.
        free: So many cost nothing; each after that doubles the wait.
    """

    key: str
    free: int


@dataclass(frozen=True)
class Failures:
    """How often it failed, and when last."""

    count: int
    last_at: datetime


def counters_of(name: str, address: str) -> tuple[Counter, ...]:
    """Return what a try counts for.

    Somebody else's failures soon slow that address down, and only many from many addresses
    the user: otherwise anybody could keep a user out.
    """
    return (
        Counter(f"user {name} from {address}", free=5),
        Counter(f"address {address}", free=30),
        Counter(f"user {name}", free=50),
    )


def wait_until(counter: Counter, failures: Failures | None) -> datetime | None:
    """Return when the next try is allowed; None when it is at once."""
    if failures is None or failures.count < counter.free:
        return None
    doublings = min(failures.count - counter.free, 20)
    return failures.last_at + min(timedelta(seconds=2**doublings), _LONGEST)
