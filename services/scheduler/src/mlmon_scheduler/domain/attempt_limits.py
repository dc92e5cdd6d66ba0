"""When the server ends an attempt that its agent should have ended long ago."""

from dataclasses import dataclass
from typing import Final

from mlmon_shared.wire.job_definitions import Timeouts

LONGEST_BEAT_SECONDS: Final = 15.0
_SPARE_SECONDS: Final = 15.0
"""For the end of a command, its last beat and its result to arrive."""


@dataclass(frozen=True)
class AttemptLimits:
    """What an attempt may take, in milliseconds.

    Attributes:
        run_ms: From the start of the command.
        silence_ms: Without output; None for no limit.
        margin_ms: Beyond a limit, until the server orders the attempt to be killed; and again,
            until it ends an attempt that its agent did not kill.
    """

    run_ms: int
    silence_ms: int | None
    margin_ms: int

    def fields(self) -> dict[str, str]:
        """Return them as `accept` writes them with an attempt."""
        silence = "" if self.silence_ms is None else str(self.silence_ms)
        return {
            "run_limit_ms": str(self.run_ms),
            "silence_limit_ms": silence,
            "margin_ms": str(self.margin_ms),
        }


def limits_of(timeouts: Timeouts, *, kill_grace_seconds: float) -> AttemptLimits:
    """Return the limits of an attempt.

    Args:
        timeouts: Of the definition.
        kill_grace_seconds: Of the pool; the agent may let the command go on for so long.
    """
    margin = kill_grace_seconds + LONGEST_BEAT_SECONDS + _SPARE_SECONDS
    silence = timeouts.silence
    return AttemptLimits(
        run_ms=round(timeouts.run * 1000),
        silence_ms=round(silence * 1000) if silence is not None else None,
        margin_ms=round(margin * 1000),
    )
