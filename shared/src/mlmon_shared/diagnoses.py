"""What a doctor concludes, on the side of people or on that of a host."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

TOLERATED_SKEW: Final = timedelta(seconds=5)


class Verdict(StrEnum):
    """`wrong` needs somebody's hand; a `note` is worth knowing."""

    OK = "ok"
    NOTE = "note"
    WRONG = "wrong"


@dataclass(frozen=True)
class Diagnosis:
    """One conclusion.

    Attributes:
        subject: What was looked at, in one word.
        detail: A sentence: what is so and, where it is wrong, the remedy.
    """

    subject: str
    verdict: Verdict
    detail: str


def diagnose_clock(
    server: datetime | None, asked_at: datetime, told_at: datetime, *, here: str, remedy: str
) -> Diagnosis:
    """Return whether the clock here is the server's.

    Args:
        server: The second that its clock showed between the other two; None if it did not say.
        asked_at: By the clock here.
        told_at: As `asked_at`.
        here: What has that clock, such as "this host".
        remedy: What it leads to if they differ, and what to do.
    """
    if server is None:
        return Diagnosis("clock", Verdict.NOTE, "the server does not say its time")
    # The server's second began up to one second before its clock was read.
    behind, ahead = server - told_at, asked_at - (server + timedelta(seconds=1))
    skew = max(behind, ahead)
    if skew <= TOLERATED_SKEW:
        return Diagnosis("clock", Verdict.OK, f"{here}'s clock is the server's")
    where = "behind" if behind > ahead else "ahead of"
    seconds = f"{skew.total_seconds():.0f} s"
    detail = f"{here}'s clock is {seconds} {where} the server's: {remedy}"
    return Diagnosis("clock", Verdict.WRONG, detail)
