"""What the use cases need from outside."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from mlmon_report_writer.domain.changes import Changes
from mlmon_report_writer.domain.events import Continuity, DeadLetter, Entry, Kind, Offset
from mlmon_shared.visibility import EVERYTHING, Visibility
from mlmon_shared.wire.actions import ActionDocument

Fields = Mapping[str, str]
"""A stored run, attempt or batch as flat text; `mlmon_shared.wire.records` has the names."""


class EventStreams(Protocol):
    """The streams of events of one shard."""

    async def read(
        self, offsets: Sequence[Offset], *, limit: int, wait_seconds: float
    ) -> Mapping[int, Sequence[Entry]]:
        """Return the entries after each offset, by epoch; epochs without any are left out.

        Args:
            offsets: Where to go on, one for each epoch.
            limit: Entries of one epoch at most.
            wait_seconds: How long to wait while no epoch has any.

        Raises:
            StoreUnavailableError: Redis does not answer.
        """

    async def find_continuity(self, offset: Offset) -> Continuity:
        """Say whether the stream still holds what history has read last of it.

        Raises:
            StoreUnavailableError: Redis does not answer.
        """

    async def publish_watermark(self, offset: Offset) -> None:
        """Say that everything up to the offset is durable in history.

        Raises:
            StoreUnavailableError: Redis does not answer.
        """


@dataclass(frozen=True)
class Step:
    """An advance of one stream's offset.

    Attributes:
        before: Where the offset must be for the step to count.
        position: Where it is afterwards.
        as_of: When the last of the events happened; None when none could be read.
    """

    before: Offset
    position: str
    as_of: datetime | None


class EventStore(Protocol):
    """History as the drain writes it. Everything raises StoreUnavailableError."""

    async def list_offsets(self) -> Sequence[Offset]:
        """Return the offset of every known epoch of the shard, oldest first."""

    async def find_missing(self, kind: Kind, ids: Sequence[str]) -> frozenset[str]:
        """Return those of the ids that history does not have."""

    async def apply(
        self,
        step: Step,
        changes: Changes,
        dead_letters: Sequence[DeadLetter],
        actions: Sequence[ActionDocument] = (),
    ) -> None:
        """Apply the changes, keep the rest and advance the offset: all or nothing.

        An action that is there already stays as it is.

        Raises:
            OffsetMovedError: The offset is not where the step begins.
            RejectedValueError: One of the changes cannot be stored.
        """

    async def note_broken(self, epoch: int) -> None:
        """Note that the stream of an epoch is older than history."""

    async def note_end_seen(self, now: datetime) -> None:
        """Note that history has everything that happened before now."""


class ShardOwnership(Protocol):
    """The right to drain a shard, which one replica has at a time."""

    async def acquire(self) -> bool:
        """Return whether the shard is ours, taking it when it is free.

        Raises:
            StoreUnavailableError: PostgreSQL does not answer; the shard is not ours.
        """

    async def release(self) -> None:
        """Give the shard up."""


class EpochStore(Protocol):
    """The epochs of every shard."""

    async def begin_epoch(self, shard: str, instance: str, *, after: int, now: datetime) -> int:
        """Return the instance's epoch, a new one above all known and `after` if it has none."""


@dataclass(frozen=True)
class StreamState:
    """How far history has got with the stream of an epoch.

    Attributes:
        position: Of the last entry that is durable.
        is_broken: The stream was found to be older than history.
    """

    epoch: int
    position: str
    is_broken: bool


class RecoveryStore(Protocol):
    """What a shard is rebuilt from. Everything raises StoreUnavailableError."""

    async def list_streams(self, shard: str) -> Sequence[StreamState]:
        """Return the streams of a shard, oldest epoch first."""

    async def list_open_runs(self, *, after: str, limit: int) -> Sequence[Fields]:
        """Return what is not over, with ids above `after`, in order of their ids.

        That is runs that are not final, and all runs of batches that are not finished.
        """

    async def list_open_batches(self, *, after: str, limit: int) -> Sequence[Fields]:
        """Return batches that are not finished, with ids above `after`, in order of their ids."""


@dataclass(frozen=True)
class RunFilters:
    """What listed runs have in common; None stands for anything."""

    batch: str | None = None
    state: str | None = None
    job: str | None = None
    client: str | None = None
    version: int | None = None
    ids: Sequence[str] | None = None
    visibility: Visibility = EVERYTHING


class HistoryStore(Protocol):
    """History as it is read. Everything raises StoreUnavailableError."""

    async def get_as_of(self) -> datetime:
        """Return the time up to which history is complete."""

    async def find_run(self, run_id: str) -> Fields | None:
        """Return a run, or None."""

    async def list_runs(
        self, filters: RunFilters, *, before: str | None, limit: int
    ) -> Sequence[Fields]:
        """Return runs with ids below `before`, newest first."""

    async def list_attempts_of(self, run_ids: Sequence[str]) -> Mapping[str, Sequence[Fields]]:
        """Return all attempts of the runs, by run, in order of their number."""

    async def list_attempts(
        self,
        run_id: str | None,
        *,
        visibility: Visibility = EVERYTHING,
        before: tuple[str, int] | None,
        limit: int,
    ) -> Sequence[Fields]:
        """Return attempts of runs that are seen, below `before` (run and number), newest first."""

    async def find_batch(self, batch_id: str) -> Fields | None:
        """Return a batch, or None."""

    async def list_batches(
        self, *, visibility: Visibility = EVERYTHING, before: str | None, limit: int
    ) -> Sequence[Fields]:
        """Return batches of which all runs are seen, with ids below `before`, newest first."""

    async def count_runs(self, batch_ids: Sequence[str]) -> Mapping[str, Mapping[str, int]]:
        """Return the number of runs in each state, by batch."""
