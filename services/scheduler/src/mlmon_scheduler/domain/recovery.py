"""The phases of a shard's recovery, and when it needs one."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from mlmon_shared.wire.history import StreamDocument

_START: Final = "0-0"


class Phase(StrEnum):
    """How far a recovery has got.

    `clearing` deletes what an older Redis still has; `restoring` reads history back; both
    refuse everything but agents' signs of life. `syncing` takes and answers everything, and
    grants nothing.
    """

    CLEARING = "clearing"
    RESTORING = "restoring"
    SYNCING = "syncing"


@dataclass(frozen=True)
class EpochState:
    """What the store says about its epoch.

    Attributes:
        phase: Of a recovery, if there is one.
        begun_at_ms: When the epoch began.
        phase_until_ms: Until when the phase lasts at least.
        bundle: Hash of the scripts in force.
    """

    epoch: int
    phase: Phase | None = None
    begun_at_ms: int = 0
    phase_until_ms: int = 0
    bundle: str = ""

    @property
    def is_closed(self) -> bool:
        """Whether the runs are still to be brought back."""
        return self.phase in {Phase.CLEARING, Phase.RESTORING}


def find_newer(epoch: int, streams: Sequence[StreamDocument]) -> str | None:
    """Say what history has that a store in this epoch cannot have had; None for nothing.

    An epoch of which history has no event was given and never used: that proves nothing.
    """
    used = [stream for stream in streams if stream.position != _START]
    if not used:
        return None
    newest = used[-1]
    if newest.epoch > epoch:
        return f"history has events of epoch {newest.epoch}"
    if newest.epoch == epoch and newest.is_broken:
        return "its event stream lacks what history has of it"
    return None
