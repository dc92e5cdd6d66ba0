"""Attempts as the agent knows them: what names one, what stops one, what is journaled."""

from dataclasses import dataclass
from enum import StrEnum

from mlmon_shared.wire.agent_protocol import AttemptSpec, Grant, Result


@dataclass(frozen=True)
class AttemptRef:
    """Names one lease of one attempt."""

    run_id: str
    number: int
    fence: str

    @property
    def attempt_id(self) -> str:
        """The id in URLs and folder names, `<run>.<number>`."""
        return f"{self.run_id}.{self.number}"


class StopKind(StrEnum):
    """Why an attempt is ended before it ends by itself; later ones outrank earlier ones."""

    TIMEOUT = "timeout"
    HUNG = "hung"
    GPU = "gpu"
    HOST = "host"
    SPOT = "spot"
    LOST = "lost"
    CANCEL = "cancel"
    KILL = "kill"


_RANK = list(StopKind)


@dataclass(frozen=True)
class StopOrder:
    """An order to end an attempt.

    Attributes:
        kind: Decides what is reported; `kill` reports nothing.
        reason: One sentence; the command can read it.
        grace_seconds: Between SIGTERM and SIGKILL.
    """

    kind: StopKind
    reason: str
    grace_seconds: float

    def outranks(self, other: "StopOrder | None") -> bool:
        """Tell whether this order replaces the other."""
        return other is None or _RANK.index(self.kind) > _RANK.index(other.kind)


class JournalState(StrEnum):
    """How far an attempt got, as the journal remembers it."""

    GRANTED = "granted"
    ACCEPTED = "accepted"
    STARTED = "started"
    ENDED = "ended"
    SENT = "sent"


@dataclass(frozen=True)
class JournaledAttempt:
    """One attempt in the journal.

    Attributes:
        spec: From `accepted` on.
        prepare_seconds: What preparing took, from `started` on.
        gpus: UUIDs of the devices that it was given, from `started` on.
        result: From `ended` on.
        epoch: In which the result was accepted, for `sent`.
        position: Of the result's event in the stream of that epoch, for `sent`.
    """

    ref: AttemptRef
    state: JournalState
    grant: Grant
    spec: AttemptSpec | None = None
    prepare_seconds: float = 0.0
    gpus: tuple[str, ...] = ()
    result: Result | None = None
    epoch: int = 0
    position: str = ""


@dataclass(frozen=True)
class ChunkPosition:
    """Which piece of a stream one log chunk carries."""

    seq: int
    offset: int
    length: int

    @property
    def end(self) -> int:
        """The offset of the first byte after it."""
        return self.offset + self.length
