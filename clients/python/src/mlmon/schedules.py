"""When jobs run by themselves."""

from abc import abstractmethod
from datetime import datetime

from mlmon_shared.clients.config_api import ConfigApiClient
from mlmon_shared.clients.scheduler import SchedulerClient
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

    async def pause_schedule(self, job: str, *, reason: str = "") -> ApplyResult:
        """Let a job start nothing by itself; slots that pass meanwhile are not made up for."""
        return self._noted(await self.config_api.pause_schedule(job, reason=reason))

    async def resume_schedule(self, job: str) -> ApplyResult:
        """Let a paused schedule go on with its next slot."""
        return self._noted(await self.config_api.resume_schedule(job))

    async def firings(self, job: str | None = None, *, limit: int = 50) -> list[FiringDocument]:
        """Return what the last slots of a job's schedule, or of all, came to."""
        return (await self.scheduler.list_firings(job=job, limit=limit)).items

    @abstractmethod
    def _noted(self, result: ApplyResult) -> ApplyResult: ...
