"""The part of `Client` for schedules."""

from abc import abstractmethod
from collections.abc import Callable, Coroutine, Mapping
from datetime import datetime
from typing import Any, ParamSpec, TypeVar

from mlmon.async_clients import AsyncClient
from mlmon.listings import Listing
from mlmon_shared.wire.backfills import BackfillDocument, BackfillPlan
from mlmon_shared.wire.catalog import ApplyResult
from mlmon_shared.wire.schedules import FIRINGS_SHOWN, FiringDocument, ScheduleDocument, SlotTime

P = ParamSpec("P")
T = TypeVar("T")


class SyncSchedules:
    """When jobs run by themselves; `mlmon.schedules` tells more."""

    _inner: AsyncClient

    def schedule(self, job: str) -> ScheduleDocument:
        """Return the schedule of a job, with its next 20 slots."""
        return self._call(self._inner.schedule, job)

    def preview_schedule(
        self,
        cron: str,
        timezone: str = "UTC",
        *,
        after: datetime | None = None,
        count: int = FIRINGS_SHOWN,
    ) -> list[SlotTime]:
        """Return when a schedule would fire; see `AsyncClient.preview_schedule`."""
        return self._call(self._inner.preview_schedule, cron, timezone, after=after, count=count)

    def pause_schedule(
        self, job: str, *, reason: str = "", if_match: str | None = None
    ) -> ApplyResult:
        """Let a job start nothing by itself; slots that pass meanwhile are not made up for."""
        return self._call(self._inner.pause_schedule, job, reason=reason, if_match=if_match)

    def resume_schedule(self, job: str, *, if_match: str | None = None) -> ApplyResult:
        """Let a paused schedule go on with its next slot."""
        return self._call(self._inner.resume_schedule, job, if_match=if_match)

    def firings(self, job: str | None = None, *, limit: int = 50) -> Listing[FiringDocument]:
        """Return what the last slots of a job's schedule, or of all, came to."""
        return self._call(self._inner.firings, job, limit=limit)

    def plan_backfill(
        self,
        job: str,
        since: datetime,
        until: datetime,
        *,
        clients: Mapping[str, Any] | None = None,
    ) -> BackfillPlan:
        """Return what a backfill would come to; see `AsyncClient.plan_backfill`."""
        return self._call(self._inner.plan_backfill, job, since, until, clients=clients)

    def start_backfill(
        self,
        job: str,
        since: datetime,
        until: datetime,
        *,
        clients: Mapping[str, Any] | None = None,
        lane: str = "backfill",
        max_active: int = 100,
        idempotency_key: str | None = None,
    ) -> BackfillDocument:
        """Run a job for slots that lie in the past, as one thing."""
        return self._call(
            self._inner.start_backfill,
            job,
            since,
            until,
            clients=clients,
            lane=lane,
            max_active=max_active,
            idempotency_key=idempotency_key,
        )

    def backfills(self) -> Listing[BackfillDocument]:
        """Return the last backfills, the newest first."""
        return self._call(self._inner.backfills)

    def backfill(self, backfill_id: str) -> BackfillDocument:
        """Return a backfill with its runs by state."""
        return self._call(self._inner.backfill, backfill_id)

    def pause_backfill(self, backfill_id: str) -> BackfillDocument:
        """Begin no further slot, and hold what waits; what runs goes on."""
        return self._call(self._inner.pause_backfill, backfill_id)

    def resume_backfill(self, backfill_id: str) -> BackfillDocument:
        """Release what waits, and go on."""
        return self._call(self._inner.resume_backfill, backfill_id)

    def cancel_backfill(self, backfill_id: str) -> BackfillDocument:
        """Begin no further slot, and cancel every run."""
        return self._call(self._inner.cancel_backfill, backfill_id)

    @abstractmethod
    def _call(
        self, method: Callable[P, Coroutine[Any, Any, T]], *args: P.args, **kwargs: P.kwargs
    ) -> T: ...
