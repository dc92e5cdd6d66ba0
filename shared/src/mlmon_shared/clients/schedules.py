"""The part of config-api's client that is about schedules."""

from urllib.parse import quote

from mlmon_shared.clients.conditions import if_match as condition
from mlmon_shared.clients.transport import Transport
from mlmon_shared.wire.catalog import ApplyResult, PauseRequest
from mlmon_shared.wire.schedules import (
    PreviewDocument,
    PreviewRequest,
    ScheduleDocument,
    SchedulePage,
)


class ScheduleCalls:
    """Typed calls about when jobs run by themselves."""

    _transport: Transport

    async def list_schedules(self, *, cursor: str | None = None, limit: int = 50) -> SchedulePage:
        """Return a page of the jobs that have a schedule, by name, each with its next slot."""
        params = {"cursor": cursor, "limit": limit}
        return await self._transport.call(SchedulePage, "GET", "/v1/schedules", params=params)

    async def get_schedule(self, job: str) -> ScheduleDocument:
        """Return the schedule of a job, with its next 20 slots."""
        return await self._transport.call(ScheduleDocument, "GET", _path(job))

    async def preview_schedule(self, request: PreviewRequest) -> PreviewDocument:
        """Say when a schedule would fire; nothing is stored."""
        return await self._transport.call(
            PreviewDocument, "POST", "/v1/schedules/preview", json=request, repeatable=True
        )

    async def pause_schedule(
        self, job: str, *, reason: str = "", if_match: str | None = None
    ) -> ApplyResult:
        """Let a job start nothing by itself; slots that pass meanwhile are not made up for."""
        return await self._transport.call(
            ApplyResult,
            "POST",
            f"{_path(job)}/pause",
            json=PauseRequest(reason=reason),
            headers=condition(if_match),
            repeatable=True,
        )

    async def resume_schedule(self, job: str, *, if_match: str | None = None) -> ApplyResult:
        """Let a paused schedule go on with its next slot."""
        return await self._transport.call(
            ApplyResult,
            "POST",
            f"{_path(job)}/resume",
            headers=condition(if_match),
            repeatable=True,
        )


def _path(job: str) -> str:
    return f"/v1/schedules/{quote(job, safe='')}"
