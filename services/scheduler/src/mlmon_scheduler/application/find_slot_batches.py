"""What the slots of upstream jobs are called, so that a slot may wait for the right ones."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from mlmon_scheduler.application.backfills import BackfillStore
from mlmon_scheduler.application.configuration import Configuration
from mlmon_scheduler.domain.schedules import backfill_batch_id, slot_batch_id
from mlmon_shared.slots import newest_slot
from mlmon_shared.wire.backfills import BackfillState

_EXCLUDED: Final = timedelta(milliseconds=1)
"""A backfill ends before its `until`."""


class SlotBatchFinder:
    """Derives the ids of the batches in which an upstream job's run may be.

    Args:
        configuration: The schedules.
        backfills: Those that there were.
    """

    def __init__(self, configuration: Configuration, backfills: BackfillStore) -> None:
        self._configuration = configuration
        self._backfills = backfills

    async def find(self, job: str, at: datetime, *, is_backfill: bool) -> Sequence[str]:
        """Return the batches of the job's newest slot that is not after a moment.

        Args:
            job: The upstream job; without a schedule it has no slots.
            at: The slot of the run that waits.
            is_backfill: Whether a backfill started that run: then the job's own backfills go
                first, the newest before the others.
        """
        found = await self._find_backfilled(job, at) if is_backfill else []
        version = self._configuration.catalog.definitions.get(job)
        if version is not None and version.definition.schedule is not None:
            schedule = version.definition.schedule
            slot = newest_slot(schedule.cron, schedule.timezone, at)
            found.append(slot_batch_id(job, slot))
        return found

    async def _find_backfilled(self, job: str, at: datetime) -> list[str]:
        found = []
        for backfill_id in await self._backfills.list_ids():
            stored = await self._backfills.find(backfill_id)
            if stored is None or stored.document.request.job != job:
                continue
            request, schedule = stored.document.request, stored.document.schedule
            slot = newest_slot(schedule.cron, schedule.timezone, min(at, request.until - _EXCLUDED))
            is_cancelled = stored.document.state is BackfillState.CANCELLED
            if request.since <= slot < request.until and not is_cancelled:
                found.append(backfill_batch_id(backfill_id, slot))
        return found
