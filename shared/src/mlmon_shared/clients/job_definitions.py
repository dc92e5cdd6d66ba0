"""The part of config-api's client that is about the life of job definitions."""

from urllib.parse import quote

from mlmon_shared.clients.transport import Transport
from mlmon_shared.wire.catalog import ApplyResult, JobDefinitionPage
from mlmon_shared.wire.versions import DefinitionDiff


class JobDefinitionCalls:
    """Typed calls about versions of job definitions."""

    _transport: Transport

    async def list_job_definition_versions(
        self, name: str, *, cursor: str | None = None, limit: int = 50
    ) -> JobDefinitionPage:
        """Return a page of the versions of a job definition, the newest first."""
        params = {"cursor": cursor, "limit": limit}
        return await self._transport.call(
            JobDefinitionPage, "GET", f"{_path(name)}/versions", params=params
        )

    async def diff_job_definition(self, name: str, old: int, new: int) -> DefinitionDiff:
        """Return what changed from the old version to the new one."""
        path = f"{_path(name)}/versions/{new}/diff"
        return await self._transport.call(DefinitionDiff, "GET", path, params={"with": old})

    async def archive_job_definition(self, name: str) -> ApplyResult:
        """Let a job take no new runs; it keeps its versions, and its runs go on."""
        return await self._transport.call(
            ApplyResult, "POST", f"{_path(name)}/archive", repeatable=True
        )

    async def restore_job_definition(self, name: str) -> ApplyResult:
        """Let an archived job take runs again."""
        return await self._transport.call(
            ApplyResult, "POST", f"{_path(name)}/restore", repeatable=True
        )


def _path(name: str) -> str:
    return f"/v1/job-definitions/{quote(name, safe='')}"
