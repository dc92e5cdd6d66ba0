"""The client of config-api."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from urllib.parse import quote

from mlmon_shared.clients.changes import ChangeCalls
from mlmon_shared.clients.conditions import if_match as condition
from mlmon_shared.clients.job_definitions import JobDefinitionCalls
from mlmon_shared.clients.schedules import ScheduleCalls
from mlmon_shared.clients.secrets import SecretCalls
from mlmon_shared.clients.transport import Transport
from mlmon_shared.clients.users import UserCalls
from mlmon_shared.clients.webhooks import WebhookCalls
from mlmon_shared.wire.catalog import (
    ApplyResult,
    AuditEvent,
    AuditEventPage,
    Client,
    ClientDocument,
    ClientPage,
    ImportResult,
    JobDefinitionDocument,
    JobDefinitionPage,
    NamedResource,
    NamedResourceDocument,
    NamedResourcePage,
    NewTokenDocument,
    PauseRequest,
    Pool,
    PoolDocument,
    PoolPage,
    Snapshot,
    TokenDocument,
    TokenPage,
    TokenRequest,
)
from mlmon_shared.wire.catalog_changes import CatalogResult
from mlmon_shared.wire.models import read_json
from mlmon_shared.wire.rollouts import CanaryRequest

_CATALOG_SECONDS: Final = 60.0
"""Thousands of things are checked in one answer."""


class ConfigApiClient(
    ChangeCalls, JobDefinitionCalls, ScheduleCalls, SecretCalls, UserCalls, WebhookCalls
):
    """Typed calls to config-api; each raises the errors that the service raised."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def apply_job_definition(
        self,
        content: bytes,
        *,
        content_type: str = "application/yaml",
        dry_run: bool = False,
        canary: CanaryRequest | None = None,
        if_match: str | None = None,
    ) -> ApplyResult:
        """Save a job definition given as YAML or JSON text, or say what saving would do.

        Args:
            content: The text.
            content_type: What it is.
            dry_run: Change nothing.
            canary: Let only these clients try the version; the current one stays.
            if_match: `etag` of the job as it was read: change nothing if it is another one now.
        """
        return await self._transport.call(
            ApplyResult,
            "POST",
            "/v1/job-definitions",
            content=content,
            headers={"Content-Type": content_type, **condition(if_match)},
            params={"dry_run": "true" if dry_run else None, **_canary_query(canary)},
            repeatable=True,
        )

    async def apply_catalog(
        self, content: bytes, *, dry_run: bool = False, if_match: str | None = None
    ) -> CatalogResult:
        """Save things together, or nothing of them, given as the JSON of a `CatalogChanges`.

        Args:
            content: The JSON; all that is wrong with it is said at once.
            dry_run: Change nothing; say what saving would do.
            if_match: The entity tag of a dry run: save only what is as it was planned.
        """
        return await self._transport.call(
            CatalogResult,
            "POST",
            "/v1/catalog",
            content=content,
            headers={"Content-Type": "application/json", **condition(if_match)},
            params={"dry_run": "true" if dry_run else None},
            repeatable=True,
            timeout_seconds=_CATALOG_SECONDS,
        )

    async def list_job_definitions(
        self, *, archived: bool = False, cursor: str | None = None, limit: int = 50
    ) -> JobDefinitionPage:
        """Return a page of the current versions, by name; of archived jobs only if asked."""
        return await self._transport.call(
            JobDefinitionPage,
            "GET",
            "/v1/job-definitions",
            params={
                "archived": "true" if archived else None,
                "cursor": cursor,
                "limit": limit,
            },
        )

    async def get_job_definition(
        self, name: str, version: int | None = None
    ) -> JobDefinitionDocument:
        """Return one version of a job definition, the current one when none is named."""
        path = f"/v1/job-definitions/{quote(name, safe='')}"
        if version is not None:
            path += f"/versions/{version}"
        return await self._transport.call(JobDefinitionDocument, "GET", path)

    async def put_client(self, client: Client, *, if_match: str | None = None) -> ApplyResult:
        """Create or change a client."""
        path = f"/v1/clients/{quote(client.name, safe='')}"
        written = client.as_written() if isinstance(client, ClientDocument) else client
        return await self._transport.call(
            ApplyResult, "PUT", path, json=written, headers=condition(if_match)
        )

    async def get_client(self, name: str) -> ClientDocument:
        """Return a client."""
        path = f"/v1/clients/{quote(name, safe='')}"
        return await self._transport.call(ClientDocument, "GET", path)

    async def list_clients(
        self,
        *,
        name: str | None = None,
        labels: Mapping[str, str] | None = None,
        cursor: str | None = None,
        limit: int = 50,
    ) -> ClientPage:
        """Return a page of clients, by name.

        Args:
            name: Only names that begin so.
            labels: Only those with all of these labels.
            cursor: Of the page before.
            limit: Items on a page, at most.
        """
        label = [f"{key}:{value}" for key, value in (labels or {}).items()]
        params = {"name": name, "label": label, "cursor": cursor, "limit": limit}
        return await self._transport.call(ClientPage, "GET", "/v1/clients", params=params)

    async def import_clients(
        self, content: bytes, *, content_type: str, dry_run: bool = False
    ) -> ImportResult:
        """Create or change many clients, given as rows of CSV or lines of JSON."""
        return await self._transport.call(
            ImportResult,
            "POST",
            "/v1/clients/import",
            content=content,
            headers={"Content-Type": content_type},
            params={"dry_run": "true" if dry_run else None},
            repeatable=True,
        )

    async def pause_client(
        self, name: str, *, reason: str = "", if_match: str | None = None
    ) -> ApplyResult:
        """Let none of a client's runs start until it is resumed."""
        path = f"/v1/clients/{quote(name, safe='')}/pause"
        return await self._transport.call(
            ApplyResult,
            "POST",
            path,
            json=PauseRequest(reason=reason),
            headers=condition(if_match),
            repeatable=True,
        )

    async def resume_client(self, name: str, *, if_match: str | None = None) -> ApplyResult:
        """Let a paused client's runs start again."""
        path = f"/v1/clients/{quote(name, safe='')}/resume"
        return await self._transport.call(
            ApplyResult, "POST", path, headers=condition(if_match), repeatable=True
        )

    async def put_pool(self, pool: Pool, *, if_match: str | None = None) -> ApplyResult:
        """Create or change a pool."""
        path = f"/v1/pools/{quote(pool.name, safe='')}"
        written = pool.as_written() if isinstance(pool, PoolDocument) else pool
        return await self._transport.call(
            ApplyResult, "PUT", path, json=written, headers=condition(if_match)
        )

    async def get_pool(self, name: str) -> PoolDocument:
        """Return a pool."""
        path = f"/v1/pools/{quote(name, safe='')}"
        return await self._transport.call(PoolDocument, "GET", path)

    async def list_pools(self, *, cursor: str | None = None, limit: int = 50) -> PoolPage:
        """Return a page of pools, by name."""
        params = {"cursor": cursor, "limit": limit}
        return await self._transport.call(PoolPage, "GET", "/v1/pools", params=params)

    async def put_resource(
        self, resource: NamedResource, *, if_match: str | None = None
    ) -> ApplyResult:
        """Create or change a named resource."""
        path = f"/v1/resources/{quote(resource.name, safe='')}"
        if isinstance(resource, NamedResourceDocument):
            resource = resource.as_written()
        return await self._transport.call(
            ApplyResult, "PUT", path, json=resource, headers=condition(if_match)
        )

    async def get_resource(self, name: str) -> NamedResourceDocument:
        """Return a named resource."""
        path = f"/v1/resources/{quote(name, safe='')}"
        return await self._transport.call(NamedResourceDocument, "GET", path)

    async def list_resources(
        self, *, cursor: str | None = None, limit: int = 50
    ) -> NamedResourcePage:
        """Return a page of named resources, by name."""
        params = {"cursor": cursor, "limit": limit}
        return await self._transport.call(NamedResourcePage, "GET", "/v1/resources", params=params)

    async def create_token(self, request: TokenRequest) -> NewTokenDocument:
        """Create a token; its secret is in this answer only."""
        return await self._transport.call(NewTokenDocument, "POST", "/v1/tokens", json=request)

    async def get_current_token(self) -> TokenDocument:
        """Return the token that these calls carry, without its secret."""
        return await self._transport.call(TokenDocument, "GET", "/v1/tokens/current")

    async def list_tokens(self, *, cursor: str | None = None, limit: int = 50) -> TokenPage:
        """Return a page of the tokens that are not revoked, by name."""
        params = {"cursor": cursor, "limit": limit}
        return await self._transport.call(TokenPage, "GET", "/v1/tokens", params=params)

    async def get_token(self, token_id: str) -> TokenDocument:
        """Return a token that is not revoked, without its secret."""
        path = f"/v1/tokens/{quote(token_id, safe='')}"
        return await self._transport.call(TokenDocument, "GET", path)

    async def revoke_token(self, token_id: str) -> None:
        """Revoke a token; other services than config-api refuse it within seconds."""
        await self._transport.send("DELETE", f"/v1/tokens/{quote(token_id, safe='')}")

    async def list_audit_events(
        self,
        *,
        kind: str | None = None,
        name: str | None = None,
        by: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        cursor: str | None = None,
        limit: int = 50,
    ) -> AuditEventPage:
        """Return a page of the changes of the configuration, the newest first."""
        params = {
            "kind": kind,
            "name": name,
            "by": by,
            "since": since.isoformat() if since is not None else None,
            "until": until.isoformat() if until is not None else None,
            "cursor": cursor,
            "limit": limit,
        }
        return await self._transport.call(AuditEventPage, "GET", "/v1/audit-events", params=params)

    async def get_audit_event(self, revision: int) -> AuditEvent:
        """Return the change that is visible since a config revision."""
        return await self._transport.call(AuditEvent, "GET", f"/v1/audit-events/{revision}")

    async def get_snapshot(self, known_revision: int | None = None) -> Snapshot | None:
        """Return the snapshot, or None when the known revision is still the newest."""
        headers = {} if known_revision is None else {"If-None-Match": f'"{known_revision}"'}
        response = await self._transport.send("GET", "/v1/snapshot", headers=headers)
        not_modified = 304
        if response.status_code == not_modified:
            return None
        return read_json(Snapshot, response.content)


def _canary_query(canary: CanaryRequest | None) -> dict[str, str | None]:
    if canary is None:
        return {}
    return {
        "canary_percent": str(canary.percent) if canary.percent else None,
        "canary_clients": ",".join(canary.clients) or None,
    }


def revision_of(results: Sequence[ApplyResult]) -> int:
    """Return the newest config revision among the results, to be sent with submissions."""
    return max((result.config_revision for result in results), default=0)
