"""Entries of the event stream, and what they say once they are checked."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

STREAM_START: Final = "0-0"
"""The offset before the first entry of a stream."""


EPOCH_KIND: Final = "epoch"
"""Of the entry that opens a stream: once it is durable, so is all of the earlier epochs."""


ACTION_KIND: Final = "action"
"""Of entries that record what somebody asked for; `parse_actions` reads them."""


class Kind(StrEnum):
    """What an event is about."""

    RUN = "run"
    ATTEMPT = "attempt"
    BATCH = "batch"


NOT_KEPT: Final = frozenset({"agent", "breaker"})
"""Kinds of events that are for those who follow the stream; history has no place for them."""


@dataclass(frozen=True)
class Entry:
    """An entry as the stream holds it.

    Attributes:
        position: Its id in the stream.
        fields: All of its fields, envelope included.
    """

    position: str
    fields: Mapping[str, str]


@dataclass(frozen=True)
class Event:
    """A checked entry: one change of one run, attempt or batch.

    Attributes:
        position: Of the entry that it was made from.
        at: When the change was made, by Redis' clock.
        fields: What changed, without the envelope.
    """

    position: str
    kind: Kind
    id: str
    rv: int
    at: datetime
    fields: Mapping[str, str]


@dataclass(frozen=True)
class Offset:
    """How far the stream of an epoch is in history.

    Attributes:
        position: Of the last entry that is durable; `STREAM_START` before the first.
    """

    epoch: int
    position: str


class Continuity(StrEnum):
    """Whether a stream goes on from where history is.

    `behind` is a stream that lacks what history has of it: Redis lost it. `ahead` is one that
    begins after that: PostgreSQL lost what it had read.
    """

    WHOLE = "whole"
    BEHIND = "behind"
    AHEAD = "ahead"


@dataclass(frozen=True)
class DeadLetter:
    """An entry that could not be applied, kept for a person to look at."""

    entry: Entry
    error: str
