"""When jobs run by themselves, and slots of the past."""

from abc import abstractmethod
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from mlmon.arguments import check_idempotency_key
from mlmon.listings import Listing
from mlmon_shared.clients.config_api import ConfigApiClient
from mlmon_shared.clients.scheduler import SchedulerClient
from mlmon_shared.wire.backfills import BackfillDocument, BackfillPlan, BackfillRequest
from mlmon_shared.wire.catalog import ApplyResult
from mlmon_shared.wire.schedules import (
    FIRINGS_SHOWN,
    FiringDocument,
    PreviewRequest,
    ScheduleDocument,
    SlotTime,
)
from mlmon_shared.wire.validation import validate


class Schedules:
    """The part of `AsyncClient` for schedules; a definition's `schedule` makes one.

    Attributes:
        config_api: The typed client of config-api.
        scheduler: The typed client of the scheduler.
    """

    config_api: ConfigApiClient
    scheduler: SchedulerClient

    async def schedule(self, job: str) -> ScheduleDocument:
        """Return the schedule of a job, with its next 20 slots."""
        return await self.config_api.get_schedule(job)

    async def preview_schedule(
        self,
        cron: str,
        timezone: str = "UTC",
        *,
        after: datetime | None = None,
        count: int = FIRINGS_SHOWN,
    ) -> list[SlotTime]:
        """Return when a schedule would fire, in UTC and in its zone.

        Args:
            cron: Five fields: minute, hour, day of month, month, day of week.
            timezone: A name of the IANA database.
            after: Slots after this moment; now when left out.
            count: How many, at most 100.
        """
        given = {"cron": cron, "timezone": timezone, "after": after, "count": count}
        request = validate(PreviewRequest, given)
        return (await self.config_api.preview_schedule(request)).slots

    async def pause_schedule(
        self, job: str, *, reason: str = "", if_match: str | None = None
    ) -> ApplyResult:
        """Let a job start nothing by itself; slots that pass meanwhile are not made up for."""
        return self._noted(
            await self.config_api.pause_schedule(job, reason=reason, if_match=if_match)
        )

    async def resume_schedule(self, job: str, *, if_match: str | None = None) -> ApplyResult:
        """Let a paused schedule go on with its next slot."""
        return self._noted(await self.config_api.resume_schedule(job, if_match=if_match))

    async def firings(self, job: str | None = None, *, limit: int = 50) -> Listing[FiringDocument]:
        """Return what the last slots of a job's schedule, or of all, came to."""
        return Listing((await self.scheduler.list_firings(job=job, limit=limit)).items)

    async def plan_backfill(
        self,
        job: str,
        since: datetime,
        until: datetime,
        *,
        clients: Mapping[str, Any] | None = None,
    ) -> BackfillPlan:
        """Return what a backfill would come to: slots, clients, runs and hours.

        Args:
            job: It has a schedule, which says the slots.
            since: The first slot is this moment's, or the next.
            until: The last slot lies before it.
            clients: `{"labels": …}` or `{"names": […]}`; the schedule's when left out.
        """
        options = {"clients": clients}
        return await self.scheduler.plan_backfill(_request(job, since, until, options))

    async def start_backfill(
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
        """Run a job for slots that lie in the past, as one thing; see `plan_backfill`.

        Args:
            job: It has a schedule, which says the slots.
            since: The first slot is this moment's, or the next.
            until: The last slot lies before it.
            clients: `{"labels": …}` or `{"names": […]}`; the schedule's when left out.
            lane: Of its runs.
            max_active: A further slot begins once fewer of its runs than this are not final.
            idempotency_key: The same key again starts nothing new.
        """
        key = check_idempotency_key(idempotency_key)
        options = {"clients": clients, "lane": lane, "max_active": max_active}
        request = _request(job, since, until, options)
        return await self.scheduler.start_backfill(request, idempotency_key=key)

    async def backfills(self) -> Listing[BackfillDocument]:
        """Return the last backfills, the newest first."""
        return Listing((await self.scheduler.list_backfills()).items)

    async def backfill(self, backfill_id: str) -> BackfillDocument:
        """Return a backfill with its runs by state."""
        return await self.scheduler.get_backfill(backfill_id)

    async def pause_backfill(self, backfill_id: str) -> BackfillDocument:
        """Begin no further slot, and hold what waits; what runs goes on."""
        return await self.scheduler.pause_backfill(backfill_id)

    async def resume_backfill(self, backfill_id: str) -> BackfillDocument:
        """Release what waits, and go on."""
        return await self.scheduler.resume_backfill(backfill_id)

    async def cancel_backfill(self, backfill_id: str) -> BackfillDocument:
        """Begin no further slot, and cancel every run."""
        return await self.scheduler.cancel_backfill(backfill_id)

    @abstractmethod
    def _noted(self, result: ApplyResult) -> ApplyResult: ...


def _request(
    job: str, since: datetime, until: datetime, options: Mapping[str, Any]
) -> BackfillRequest:
    return validate(BackfillRequest, {"job": job, "since": since, "until": until, **options})
