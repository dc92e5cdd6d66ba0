"""Backfills as their use cases and their loop see them, on a real store."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from mlmon_scheduler.adapters.redis.batch_changes import RedisBatchChanges
from mlmon_scheduler.adapters.redis.scripts import Scripts
from mlmon_scheduler.application.advance_backfills import BackfillAdvancer
from mlmon_scheduler.application.backfills import BackfillManager
from mlmon_scheduler.application.cancel_runs import RunCanceller
from mlmon_scheduler.application.find_slot_batches import SlotBatchFinder
from mlmon_scheduler.application.hold_runs import RunHolder
from mlmon_scheduler.application.open_batches import BatchOpener
from mlmon_scheduler.application.open_slots import SlotOpener
from mlmon_scheduler.loops.advance_backfills import AdvanceBackfills
from mlmon_shared.errors import (
    ServerUnreachableError,
)
from mlmon_shared.ids import new_id
from mlmon_shared.principals import Principal
from mlmon_shared.wire.backfills import BackfillDocument, BackfillRequest
from mlmon_shared.wire.batches import BatchDocument
from tests.integration.scheduler.conftest import Queue
from tests.integration.scheduler.readers import live_reader
from tests.integration.scheduler.recording import recorder
from tests.integration.scheduler.test_fire_schedules import Schedules

DAY = datetime(2026, 1, 5, tzinfo=UTC)
SAM = Principal(token_id="token", name="sam", scopes=frozenset())
EVERY_SIX = {"cron": "0 */6 * * *", "clients": {"labels": {"tier": "gold"}}}


class Backfills(Schedules):
    """The use cases and the loop, beside those of schedules."""

    def __init__(self, queue: Queue) -> None:
        super().__init__(queue)
        self.snapshots.schedule("train", EVERY_SIX)
        self.kept = self.backfills
        reader = live_reader(queue.runs, queue.redis)
        scripts = Scripts(queue.redis, now_ms=queue.clock.now_ms)
        actions = recorder(scripts, queue.runs)
        self.manager = BackfillManager(
            store=self.kept,
            runs=queue.runs,
            configuration=self.configuration,
            holder=RunHolder(queue.runs, RedisBatchChanges(scripts), reader, actions),
            canceller=RunCanceller(queue.runs, reader, actions),
            actions=actions,
            new_id=new_id,
        )
        slots = SlotOpener(
            self.configuration,
            SlotBatchFinder(self.configuration, self.kept),
            BatchOpener(queue.runs, reader, new_id),
            lambda: None,
        )
        self.past: dict[str, BatchDocument] | None = {}
        self.advancer = BackfillAdvancer(
            self.kept, queue.runs, self.configuration, slots, self.find_past
        )
        self.advancing = AdvanceBackfills(self.advancer)

    async def find_past(self, batch_id: str) -> BatchDocument | None:
        """Find a batch as history has it; None in place of all of them: it is away."""
        if self.past is None:
            raise ServerUnreachableError("history is away")
        return self.past.get(batch_id)

    async def start(self, **fields: Any) -> BackfillDocument:
        return await self.manager.start(request(**fields), SAM)

    async def go_on(self) -> None:
        while await self.advancing.tick():
            await self.load()
        await self.load()

    async def end_runs(self, number: int) -> list[Mapping[str, str]]:
        """Let so many runs be leased and succeed; return them as they were when leased."""
        ended = []
        for _ in range(number):
            granted = await self.queue.start()
            ended.append(await self.queue.fields(granted.run_id))
            await self.queue.end(granted, attempt_state="succeeded", run_state="succeeded")
        return ended


def request(**fields: Any) -> BackfillRequest:
    return BackfillRequest.model_validate(
        {"job": "train", "since": DAY, "until": DAY + timedelta(days=1), **fields}
    )
