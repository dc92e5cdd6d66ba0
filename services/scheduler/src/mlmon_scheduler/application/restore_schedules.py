"""Bring back how far schedules were, from the runs that history has of them."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Final, Protocol

import structlog

from mlmon_scheduler.application.configuration import Configuration
from mlmon_scheduler.application.fire_schedules import ScheduleStore
from mlmon_scheduler.domain.schedules import ScheduleState, signature_of
from mlmon_shared.wire.history import HistoryPage
from mlmon_shared.wire.runs import RunDocument

_PAGE: Final = 500
_LOOKED_AT: Final = 10_000

log = structlog.get_logger(__name__)


class RunHistory(Protocol):
    """Runs that there were; its errors are passed on."""

    async def list_runs(
        self, *, job: str | None = None, cursor: str | None = None, limit: int = 50
    ) -> HistoryPage:
        """Return a page of runs, newest first."""


class ScheduleRestorer:
    """Has schedules go on after the newest slot that started a run.

    Args:
        store: How far schedules are: nothing is known.
        history: With everything that happened before.
        configuration: The schedules.
    """

    def __init__(
        self, store: ScheduleStore, history: RunHistory, configuration: Configuration
    ) -> None:
        self._store = store
        self._history = history
        self._configuration = configuration

    async def restore(self) -> None:
        """Note how far each schedule was; one that started none lately begins anew.

        Repeating it changes nothing.

        Raises:
            MlmonError: History or the store does not answer.
        """
        for job, version in self._configuration.catalog.definitions.items():
            schedule = version.definition.schedule
            if schedule is None:
                continue
            slot = await self._find_newest_slot(job)
            if slot is None:
                log.warning("a schedule begins with its next slot", job=job)
                continue
            await self._store.note_state(job, ScheduleState(slot, signature_of(schedule)))

    async def _find_newest_slot(self, job: str) -> datetime | None:
        async for run in self._list_runs(job):
            if run.slot is not None and run.backfill is None:
                return run.slot
        return None

    async def _list_runs(self, job: str) -> AsyncIterator[RunDocument]:
        cursor: str | None = None
        for _ in range(_LOOKED_AT // _PAGE):
            page = await self._history.list_runs(job=job, cursor=cursor, limit=_PAGE)
            for run in page.items:
                yield run
            cursor = page.next_cursor
            if cursor is None:
                return
