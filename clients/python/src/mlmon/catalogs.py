"""What operators change about clients, pools and named resources."""

import asyncio
import json
from abc import abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from mlmon_shared.clients.changes import Change
from mlmon_shared.clients.config_api import ConfigApiClient
from mlmon_shared.wire.catalog import (
    ApplyResult,
    Client,
    ClientDocument,
    ImportResult,
    NamedResource,
    NamedResourceDocument,
    Pool,
    PoolDocument,
)
from mlmon_shared.wire.catalog_changes import CatalogChanges, CatalogResult
from mlmon_shared.wire.validation import validate

ResultT = TypeVar("ResultT", ApplyResult, ImportResult, CatalogResult)


class Catalogs:
    """The part of `AsyncClient` for clients, pools and named resources.

    What is read carries its `etag`. Whoever changes it may name that as `if_match`: if somebody
    else was faster, nothing is changed, and PreconditionFailedError has what they did.

    Attributes:
        config_api: The typed client of config-api.
    """

    config_api: ConfigApiClient

    async def get_client(self, name: str) -> ClientDocument:
        """Return a client."""
        return await self.config_api.get_client(name)

    async def put_client(
        self, client: Client | Mapping[str, Any], *, if_match: str | None = None
    ) -> ApplyResult:
        """Create or change a client; one that was read may be passed as it is."""
        wanted = validate(Client, client)
        return self._noted(await self.config_api.put_client(wanted, if_match=if_match))

    async def apply_catalog(
        self,
        changes: CatalogChanges | Mapping[str, Any],
        *,
        dry_run: bool = False,
        if_match: str | None = None,
    ) -> CatalogResult:
        """Save pools, resources, clients and job definitions together, or nothing of them.

        Args:
            changes: What to save; each may name what stands beside it.
            dry_run: Change nothing; say what saving would do.
            if_match: The `etag` of a dry run: save only what is as it was planned.

        Raises:
            InvalidRequestError: With every fault of everything, and its place.
            ConflictError: With every job that is archived, or of which another version is tried.
            PreconditionFailedError: Something of it was changed since it was planned; with what.
        """
        if isinstance(changes, CatalogChanges):
            changes = changes.model_dump(mode="json", by_alias=True)
        content = json.dumps(changes).encode()
        return self._noted(
            await self.config_api.apply_catalog(content, dry_run=dry_run, if_match=if_match)
        )

    async def change_client(
        self, name: str, change: Change, *, if_match: str | None = None
    ) -> ApplyResult:
        """Change a client as it is stored, so that nobody else's change is lost.

        Args:
            name: Of the client.
            change: Gets the document that is stored, None for a new one, and returns what to
                store; called again when somebody else changes it meanwhile.
            if_match: Change only what has this entity tag, once.
        """
        return self._noted(await self.config_api.change_client(name, change, if_match=if_match))

    async def import_clients(self, file: Path, *, dry_run: bool = False) -> ImportResult:
        """Create or change many clients, all or none: of a .csv file, or of lines of JSON.

        Raises:
            InvalidRequestError: With every row that is wrong.
            OSError: The file cannot be read.
        """
        content_type = "text/csv" if file.suffix.lower() == ".csv" else "application/x-ndjson"
        content = await asyncio.to_thread(file.read_bytes)
        return self._noted(
            await self.config_api.import_clients(
                content, content_type=content_type, dry_run=dry_run
            )
        )

    async def pause_client(
        self, name: str, *, reason: str = "", if_match: str | None = None
    ) -> ApplyResult:
        """Let none of a client's runs start until it is resumed; what runs goes on."""
        return self._noted(
            await self.config_api.pause_client(name, reason=reason, if_match=if_match)
        )

    async def resume_client(self, name: str, *, if_match: str | None = None) -> ApplyResult:
        """Let a paused client's runs start again."""
        return self._noted(await self.config_api.resume_client(name, if_match=if_match))

    async def get_pool(self, name: str) -> PoolDocument:
        """Return a pool."""
        return await self.config_api.get_pool(name)

    async def change_pool(
        self, name: str, change: Change, *, if_match: str | None = None
    ) -> ApplyResult:
        """Change a pool as it is stored; see `change_client`."""
        return self._noted(await self.config_api.change_pool(name, change, if_match=if_match))

    async def put_pool(
        self, pool: Pool | Mapping[str, Any], *, if_match: str | None = None
    ) -> ApplyResult:
        """Create or change a pool; one that was read may be passed as it is."""
        wanted = validate(Pool, pool)
        return self._noted(await self.config_api.put_pool(wanted, if_match=if_match))

    async def get_resource(self, name: str) -> NamedResourceDocument:
        """Return a named resource."""
        return await self.config_api.get_resource(name)

    async def put_resource(
        self, resource: NamedResource | Mapping[str, Any], *, if_match: str | None = None
    ) -> ApplyResult:
        """Create or change a named resource, which runs share; one that was read may be passed."""
        wanted = validate(NamedResource, resource)
        return self._noted(await self.config_api.put_resource(wanted, if_match=if_match))

    @abstractmethod
    def _noted(self, result: ResultT) -> ResultT:
        """Return the result; submissions to come count on what it changed."""
