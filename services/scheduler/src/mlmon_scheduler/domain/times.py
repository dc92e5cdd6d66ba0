"""Check the times of a submission."""

from datetime import datetime
from typing import Any, Protocol

from mlmon_shared.wire.records import from_milliseconds, to_milliseconds


class Timed(Protocol):
    """What runs and items of batches have in common."""

    @property
    def not_before(self) -> datetime | None:
        """When it may start."""

    @property
    def start_by(self) -> datetime | None:
        """When it must have started."""

    @property
    def deadline(self) -> datetime | None:
        """When it shall have ended."""


def find_time_faults(submission: Timed, *, at: str) -> list[dict[str, Any]]:
    """Return the faults of a submission's times.

    A time needs an offset, a year of the calendar, and a place after `not_before`.

    Args:
        submission: Of one run.
        at: JSON pointer of it.
    """
    faults = []
    names = ("not_before", "start_by", "deadline")
    given = [(name, moment) for name in names if (moment := getattr(submission, name)) is not None]
    for name, moment in given:
        if (detail := _explain_time(moment)) is not None:
            faults.append({"pointer": f"{at}/{name}", "detail": detail})
    if faults or submission.not_before is None:
        return faults
    return [
        {"pointer": f"{at}/{name}", "detail": "must lie after not_before"}
        for name, moment in given
        if name != "not_before" and moment <= submission.not_before
    ]


def _explain_time(moment: datetime) -> str | None:
    if moment.tzinfo is None:
        return "say the offset too: 2026-01-05T12:00:00Z"
    try:
        from_milliseconds(to_milliseconds(moment))
    except (ValueError, OverflowError):
        return "the year lies outside 1 to 9999"
    return None
