"""The part of config-api's client that is about the life of job definitions."""

from urllib.parse import quote

from mlmon_shared.clients.conditions import if_match as condition
from mlmon_shared.clients.transport import Transport
from mlmon_shared.wire.catalog import ApplyResult, JobDefinitionPage
from mlmon_shared.wire.rollouts import (
    CanaryDocument,
    CanaryRequest,
    PinDocument,
    PinPage,
    PinRequest,
)
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

    async def archive_job_definition(
        self, name: str, *, if_match: str | None = None
    ) -> ApplyResult:
        """Let a job take no new runs; it keeps its versions, and its runs go on."""
        return await self._transport.call(
            ApplyResult,
            "POST",
            f"{_path(name)}/archive",
            headers=condition(if_match),
            repeatable=True,
        )

    async def restore_job_definition(
        self, name: str, *, if_match: str | None = None
    ) -> ApplyResult:
        """Let an archived job take runs again."""
        return await self._transport.call(
            ApplyResult,
            "POST",
            f"{_path(name)}/restore",
            headers=condition(if_match),
            repeatable=True,
        )

    async def list_pins(self, name: str, *, cursor: str | None = None, limit: int = 50) -> PinPage:
        """Return a page of the clients that are pinned to a version of a job."""
        params = {"cursor": cursor, "limit": limit}
        return await self._transport.call(PinPage, "GET", f"{_path(name)}/pins", params=params)

    async def get_pin(self, name: str, client: str) -> PinDocument:
        """Return the version that a client is pinned to."""
        path = f"{_path(name)}/pins/{quote(client, safe='')}"
        return await self._transport.call(PinDocument, "GET", path)

    async def put_pin(
        self, name: str, client: str, pin: PinRequest, *, if_match: str | None = None
    ) -> ApplyResult:
        """Let a client's new runs of a job use this version, whichever is current."""
        path = f"{_path(name)}/pins/{quote(client, safe='')}"
        return await self._transport.call(
            ApplyResult, "PUT", path, json=pin, headers=condition(if_match)
        )

    async def delete_pin(
        self, name: str, client: str, *, if_match: str | None = None
    ) -> ApplyResult:
        """Let a client's new runs of a job use the version that others use."""
        path = f"{_path(name)}/pins/{quote(client, safe='')}"
        return await self._transport.call(ApplyResult, "DELETE", path, headers=condition(if_match))

    async def get_canary(self, name: str) -> CanaryDocument:
        """Return the version of a job that some clients try."""
        return await self._transport.call(CanaryDocument, "GET", f"{_path(name)}/canary")

    async def put_canary(
        self, name: str, canary: CanaryRequest, *, if_match: str | None = None
    ) -> ApplyResult:
        """Change which clients try the new version, or let them try another stored one."""
        return await self._transport.call(
            ApplyResult,
            "PUT",
            f"{_path(name)}/canary",
            json=canary,
            headers=condition(if_match),
        )

    async def delete_canary(self, name: str, *, if_match: str | None = None) -> ApplyResult:
        """Roll a canary back: every client uses the current version."""
        return await self._transport.call(
            ApplyResult, "DELETE", f"{_path(name)}/canary", headers=condition(if_match)
        )

    async def promote_canary(self, name: str, *, if_match: str | None = None) -> ApplyResult:
        """Make the version that some clients try the current one of all."""
        return await self._transport.call(
            ApplyResult, "POST", f"{_path(name)}/canary/promote", headers=condition(if_match)
        )


def _path(name: str) -> str:
    return f"/v1/job-definitions/{quote(name, safe='')}"
