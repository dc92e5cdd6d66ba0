"""What report-writer serves to other services and to people."""

from mlmon_shared.wire.models import WireModel
from mlmon_shared.wire.runs import AttemptDocument, RunDocument


class EpochRequest(WireModel):
    """A scheduler's request to begin an epoch of a shard.

    Attributes:
        instance: Made by the scheduler and kept; the same again gets the same epoch.
        epoch: The newest that the asker knows of, 0 for none.
    """

    shard: str = "s0"
    instance: str
    epoch: int = 0


class EpochGrant(WireModel):
    """The epoch that now begins; greater than every earlier one of the shard."""

    shard: str
    epoch: int


class HistoryPage(WireModel):
    """A page of runs in history, newest first."""

    items: list[RunDocument]
    next_cursor: str | None = None
    as_of: str


class AttemptPage(WireModel):
    """A page of attempts in history, newest first."""

    items: list[AttemptDocument]
    next_cursor: str | None = None
    as_of: str
