"""What a cloud says beforehand about the end of a host."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

_UPLOAD_SECONDS: Final = 30.0
"""Of the time that is left, kept for logs and results once the commands have ended."""


class NoticeKind(StrEnum):
    """What is going to happen; later ones outrank earlier ones.

    `rebalance`: the host may be taken back soon. `termination`: its Auto Scaling group takes it
    out of service. `interruption`: the spot instance is taken back.
    """

    REBALANCE = "rebalance"
    TERMINATION = "termination"
    INTERRUPTION = "interruption"


_RANK: Final = list(NoticeKind)


@dataclass(frozen=True)
class HostNotice:
    """A notice about the host.

    Attributes:
        at: When it happens, with a time zone; None when that is not said.
    """

    kind: NoticeKind
    at: datetime | None = None

    @property
    def ends_attempts(self) -> bool:
        """Whether the host is lost for certain, so that attempts must end."""
        return self.kind is not NoticeKind.REBALANCE

    def outranks(self, other: "HostNotice | None") -> bool:
        """Tell whether this notice says more than the other."""
        return other is None or _RANK.index(self.kind) > _RANK.index(other.kind)

    def explain(self, now: datetime) -> str:
        """Return a sentence for those whose commands end, or do not begin, because of it."""
        what = {
            NoticeKind.REBALANCE: "The host is a spot instance that may be taken back soon.",
            NoticeKind.TERMINATION: "The host is taken out of its Auto Scaling group.",
            NoticeKind.INTERRUPTION: "The host is a spot instance that is taken back",
        }[self.kind]
        if self.kind is not NoticeKind.INTERRUPTION:
            return what
        if self.at is None:
            return f"{what}."
        return f"{what} at {self.at:%H:%M:%S} UTC, in {self._seconds_left(self.at, now):.0f} s."

    def grace_seconds(self, now: datetime, usual: float) -> float:
        """Return how long a command may go on after SIGTERM.

        Args:
            now: With a time zone.
            usual: Where it is not said when the host ends.
        """
        if self.at is None:
            return usual
        return max(self._seconds_left(self.at, now) - _UPLOAD_SECONDS, 0.0)

    @staticmethod
    def _seconds_left(at: datetime, now: datetime) -> float:
        return max((at - now).total_seconds(), 0.0)
