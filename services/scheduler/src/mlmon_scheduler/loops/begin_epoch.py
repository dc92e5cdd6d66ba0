"""Give a Redis that has no epoch one, from report-writer; never a guess."""

import structlog

from mlmon_scheduler.application.ports import EpochStore
from mlmon_shared.clients.report_writer import ReportWriterClient
from mlmon_shared.wire.history import EpochRequest

log = structlog.get_logger(__name__)


class BeginEpoch:
    """Until an epoch has begun, every call is answered 503.

    Args:
        store: The queue's.
        history: Hands out epochs, ever greater ones.
        instance: Made once a process, so that a repeated request gets the same epoch.
    """

    name = "begin_epoch"
    period_seconds = 1.0

    def __init__(self, store: EpochStore, history: ReportWriterClient, instance: str) -> None:
        self._store = store
        self._history = history
        self._instance = instance

    async def tick(self) -> bool:
        """Begin an epoch if there is none."""
        if await self._store.find_epoch() is None:
            granted = await self._history.begin_epoch(EpochRequest(instance=self._instance))
            epoch = await self._store.begin_epoch(granted.epoch, self._instance)
            log.info("epoch begun", epoch=epoch)
        return False
