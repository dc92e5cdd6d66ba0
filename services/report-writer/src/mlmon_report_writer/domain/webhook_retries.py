"""When a message that a receiver did not take is sent again."""

from datetime import datetime, timedelta
from typing import Final

LONGEST: Final = timedelta(hours=24)
"""After its first try a message is given up."""
_LEAST_SECONDS: Final = 5.0
_GROWTH: Final = 4.0
_MOST_SECONDS: Final = 4 * 3600.0


def find_next_try(
    *, now: datetime, give_up_at: datetime, jitter: float, retry_after_seconds: float = 0.0
) -> datetime | None:
    """Return when a message is tried again, or None when it is given up.

    Each wait is 4 times as long as all was so far, which makes the waits exponential, and lets
    them begin anew when somebody asks for a message to be sent again.

    Args:
        now: When the last try failed.
        give_up_at: It is not tried after that: `LONGEST` after the first try.
        jitter: Around 1; keeps many messages from coming back at once.
        retry_after_seconds: What the receiver asked for.
    """
    so_far = (now - (give_up_at - LONGEST)).total_seconds()
    seconds = min(max(_GROWTH * so_far, _LEAST_SECONDS), _MOST_SECONDS)
    wait = max(seconds * jitter, min(retry_after_seconds, _MOST_SECONDS))
    then = now + timedelta(seconds=wait)
    return then if then <= give_up_at else None
