"""The part of `Client` for clients, pools and named resources."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mlmon.sync_bindings import SyncBindings
from mlmon_shared.clients.changes import Change
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


class SyncCatalogs(SyncBindings):
    """What operators change; `mlmon.catalogs` tells more."""

    def apply_catalog(
        self,
        changes: CatalogChanges | Mapping[str, Any],
        *,
        dry_run: bool = False,
        if_match: str | None = None,
    ) -> CatalogResult:
        """Save pools, resources, clients and job definitions together, or nothing of them."""
        return self._call(self._inner.apply_catalog, changes, dry_run=dry_run, if_match=if_match)

    def get_client(self, name: str) -> ClientDocument:
        """Return a client."""
        return self._call(self._inner.get_client, name)

    def put_client(
        self, client: Client | Mapping[str, Any], *, if_match: str | None = None
    ) -> ApplyResult:
        """Create or change a client."""
        return self._call(self._inner.put_client, client, if_match=if_match)

    def change_client(
        self, name: str, change: Change, *, if_match: str | None = None
    ) -> ApplyResult:
        """Change a client as it is stored, so that nobody else's change is lost."""
        return self._call(self._inner.change_client, name, change, if_match=if_match)

    def import_clients(self, file: Path, *, dry_run: bool = False) -> ImportResult:
        """Create or change many clients, all or none: of a .csv file, or of lines of JSON."""
        return self._call(self._inner.import_clients, file, dry_run=dry_run)

    def pause_client(
        self, name: str, *, reason: str = "", if_match: str | None = None
    ) -> ApplyResult:
        """Let none of a client's runs start until it is resumed; what runs goes on."""
        return self._call(self._inner.pause_client, name, reason=reason, if_match=if_match)

    def resume_client(self, name: str, *, if_match: str | None = None) -> ApplyResult:
        """Let a paused client's runs start again."""
        return self._call(self._inner.resume_client, name, if_match=if_match)

    def get_pool(self, name: str) -> PoolDocument:
        """Return a pool."""
        return self._call(self._inner.get_pool, name)

    def put_pool(
        self, pool: Pool | Mapping[str, Any], *, if_match: str | None = None
    ) -> ApplyResult:
        """Create or change a pool."""
        return self._call(self._inner.put_pool, pool, if_match=if_match)

    def change_pool(self, name: str, change: Change, *, if_match: str | None = None) -> ApplyResult:
        """Change a pool as it is stored, so that nobody else's change is lost."""
        return self._call(self._inner.change_pool, name, change, if_match=if_match)

    def get_resource(self, name: str) -> NamedResourceDocument:
        """Return a named resource."""
        return self._call(self._inner.get_resource, name)

    def put_resource(
        self, resource: NamedResource | Mapping[str, Any], *, if_match: str | None = None
    ) -> ApplyResult:
        """Create or change a named resource, which runs share."""
        return self._call(self._inner.put_resource, resource, if_match=if_match)
