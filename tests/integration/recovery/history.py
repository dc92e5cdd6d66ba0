"""report-writer for tests of recovery, without HTTP."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text

from mlmon_report_writer.adapters.postgres.event_store import PostgresEventStore
from mlmon_report_writer.adapters.postgres.history_store import PostgresHistoryStore
from mlmon_report_writer.adapters.postgres.recovery_store import PostgresRecoveryStore
from mlmon_report_writer.application import begin_epochs, browse_history, read_open
from mlmon_report_writer.application.drain_events import EventDrain
from mlmon_report_writer.application.ports import RunFilters
from mlmon_shared.errors import StoreUnavailableError
from mlmon_shared.testing.clocks import FakeClock
from mlmon_shared.visibility import EVERYTHING, Visibility
from mlmon_shared.wire.batches import BatchDocument, BatchPage
from mlmon_shared.wire.history import (
    EpochGrant,
    EpochRequest,
    HistoryPage,
    OpenBatchPage,
    OpenRunPage,
    ShardDocument,
)
from mlmon_shared.wire.runs import RunDocument


@dataclass
class History:
    """report-writer without HTTP: its use cases and its drain, on its database.

    Attributes:
        is_away: It answers nothing.
    """

    events: PostgresEventStore
    reads: PostgresHistoryStore
    recovery: PostgresRecoveryStore
    clock: FakeClock
    drainer: EventDrain
    is_away: bool = False

    async def drain(self) -> None:
        while not (await self.drainer.drain()).is_at_end:
            pass

    async def forget(self, run_ids: Sequence[str]) -> None:
        """Delete runs, as if they had never been loaded."""
        async with self.reads._engine.begin() as connection:
            await connection.execute(
                text("DELETE FROM runs WHERE id = ANY (:ids)"), {"ids": list(run_ids)}
            )

    async def begin_epoch(self, request: EpochRequest) -> EpochGrant:
        self._check()
        return await begin_epochs.begin_epoch(self.events, request, clock=self.clock)

    async def get_shard(self, shard: str) -> ShardDocument:
        self._check()
        return await read_open.get_shard(self.recovery, shard)

    async def list_open_runs(
        self, shard: str, *, cursor: str | None = None, limit: int = 3
    ) -> OpenRunPage:
        self._check()
        return await read_open.list_open_runs(self.recovery, self.reads, cursor=cursor, limit=limit)

    async def list_open_batches(
        self, shard: str, *, cursor: str | None = None, limit: int = 1
    ) -> OpenBatchPage:
        self._check()
        return await read_open.list_open_batches(
            self.recovery, self.reads, cursor=cursor, limit=limit
        )

    async def get_run(self, run_id: str) -> RunDocument:
        self._check()
        return await browse_history.get_run(self.reads, run_id, clock=self.clock)

    async def list_runs(
        self, *, limit: int = 50, cursor: str | None = None, **f: Any
    ) -> HistoryPage:
        self._check()
        filters = RunFilters(**f)
        return await browse_history.list_runs(
            self.reads, filters, cursor=cursor, limit=limit, clock=self.clock
        )

    async def get_batch(
        self, batch_id: str, *, visibility: Visibility = EVERYTHING
    ) -> BatchDocument:
        self._check()
        return await browse_history.get_batch(self.reads, batch_id, visibility=visibility)

    async def list_batches(
        self,
        *,
        visibility: Visibility = EVERYTHING,
        cursor: str | None = None,
        limit: int = 50,
    ) -> BatchPage:
        self._check()
        return await browse_history.list_batches(
            self.reads, visibility=visibility, cursor=cursor, limit=limit
        )

    def _check(self) -> None:
        if self.is_away:
            raise StoreUnavailableError("report-writer is away")
