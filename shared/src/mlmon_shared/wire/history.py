"""What report-writer serves to other services and to people."""

from mlmon_shared.wire.batches import BatchDocument
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


class StreamDocument(WireModel):
    """How far history has got with the stream of an epoch.

    Attributes:
        position: Of the last event that history has; `0-0` before the first.
        is_broken: The stream was found to be older than history.
    """

    epoch: int
    position: str
    is_broken: bool


class ShardDocument(WireModel):
    """The streams of a shard, oldest epoch first."""

    shard: str
    streams: list[StreamDocument]


class OpenRun(WireModel):
    """A run that is not final, or whose batch is not, as flat text (`mlmon_shared.wire.records`).

    Attributes:
        fields: All that events have said, the scheduler's own fields included.
        attempts: Of each attempt, in order of their number.
    """

    fields: dict[str, str]
    attempts: list[dict[str, str]]


class OpenRunPage(WireModel):
    """A page of runs that are not final or whose batch is not finished, oldest first."""

    items: list[OpenRun]
    next_cursor: str | None = None


class OpenBatchPage(WireModel):
    """A page of batches that are not finished, oldest first."""

    items: list[BatchDocument]
    next_cursor: str | None = None
