"""What recovery needs of the outside."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from mlmon_scheduler.application.stored import (
    NewRun,
    RestoredBatch,
    RestoredLease,
    RestoredRun,
)
from mlmon_scheduler.domain.recovery import EpochState, Phase
from mlmon_shared.wire.agent_protocol import Vector
from mlmon_shared.wire.catalog import Snapshot
from mlmon_shared.wire.history import (
    EpochGrant,
    EpochRequest,
    OpenBatchPage,
    OpenRunPage,
    ShardDocument,
)
from mlmon_shared.wire.runs import RunDocument


class RecoveryHistory(Protocol):
    """report-writer, as who recovers needs it; its errors are passed on."""

    async def begin_epoch(self, request: EpochRequest) -> EpochGrant:
        """Begin an epoch of a shard."""

    async def get_shard(self, shard: str) -> ShardDocument:
        """Return how far history has got with each epoch."""

    async def list_open_runs(
        self, shard: str, *, cursor: str | None = None, limit: int = 500
    ) -> OpenRunPage:
        """Return a page of runs that are not final or whose batch is not."""

    async def get_run(self, run_id: str) -> RunDocument:
        """Return a run.

        Raises:
            NotFoundError: History does not have it.
        """

    async def list_open_batches(
        self, shard: str, *, cursor: str | None = None, limit: int = 500
    ) -> OpenBatchPage:
        """Return a page of batches that are not finished."""


class RecoveryStore(Protocol):
    """The shard, for who recovers it: closed to all others meanwhile."""

    async def find_state(self) -> EpochState | None:
        """Return the epoch in force and how far its recovery has got."""

    async def replace_epoch(
        self, epoch: int, instance: str, *, replaced: int | None, phase: Phase | None
    ) -> int | None:
        """Begin an epoch in place of another or of none; return the one in force."""

    async def find_newest_event(self) -> str:
        """Return the position of the newest event of the epoch, an empty text for none."""

    async def claim(self) -> bool:
        """Become, or stay, the one who recovers; False while another does."""

    async def is_history_complete(self) -> bool:
        """Tell whether history has everything that happened before this epoch."""

    async def clear(self) -> int:
        """Delete what an older state left of runs, batches and agents; return how many keys."""

    async def restore_batch(self, batch: RestoredBatch) -> bool:
        """Bring a batch back, to be sealed; False if it was there."""

    async def restore_final(self, runs: Sequence[RestoredRun]) -> None:
        """Bring final runs back, as they are."""

    async def restore_attempts(self, runs: Sequence[RestoredRun]) -> None:
        """Bring back the attempts and versions of runs that were enqueued."""

    async def restore_lease(
        self, lease: RestoredLease, *, lost_after_seconds: float, accept_seconds: float
    ) -> bool:
        """Bring back a run that an agent held; False if it was there."""

    async def restore_outcome(self, parent: str, outcome: Mapping[str, str]) -> None:
        """Bring back how a run or group (`g:<id>`) ended that others wait on."""

    async def add_members(self, group_id: str, run_ids: Sequence[str]) -> None:
        """Note final runs as members of a group."""

    async def enqueue(self, runs: Sequence[NewRun]) -> int:
        """Create runs that do not exist yet."""

    async def hold(self, run_ids: Sequence[str], reason: str) -> list[str | None]:
        """Hold runs that wait."""

    async def seal_batch(self, batch_id: str) -> None:
        """End the bringing back of a batch."""

    async def save_snapshot(self, snapshot: Snapshot) -> None:
        """Keep a copy of the configuration."""

    async def advance(self, phase: Phase, to: Phase | None, *, seconds: float = 0.0) -> bool:
        """Move on to the next phase, or to the end; False if another did."""

    async def count_unsynced(self, *, within_seconds: float) -> int:
        """Return how many agents were heard so lately and have not synchronised yet."""

    async def use_bundle(self) -> bool:
        """Say that this replica is alive; False when a newer version has taken over."""

    async def now_ms(self) -> int:
        """Return the store's time."""


class AdoptionStore(Protocol):
    """Leases of an earlier epoch."""

    async def adopt(
        self,
        agent_id: str,
        run_id: str,
        attempt: int,
        fence: str,
        *,
        shape: Vector,
        fields: Mapping[str, str],
        limits: Mapping[str, str],
    ) -> str:
        """Give an attempt its lease back; return the position of the event, or an empty text.

        Raises:
            StaleFenceError: Another attempt has taken its place, or the run is over.
        """

    async def list_leases(self, agent_id: str) -> Mapping[str, tuple[int, str]]:
        """Return attempt and fence of every run that the agent holds, accepted or not."""
