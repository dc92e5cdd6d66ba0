"""Create or change many clients at once."""

from collections.abc import Sequence
from datetime import datetime

from mlmon_config_api.application.ports import Catalog, CatalogStore
from mlmon_config_api.domain.changes import Change, Kind
from mlmon_config_api.domain.documents import canonical_document, is_same_document
from mlmon_shared.wire.catalog import Client, ImportResult


async def import_clients(
    store: CatalogStore, clients: Sequence[Client], *, by: str, now: datetime, is_dry_run: bool
) -> ImportResult:
    """Store clients in one transaction; those that are the same already are left alone.

    Args:
        store: Where clients are kept.
        clients: With names that differ.
        by: Name of who imports them.
        now: When.
        is_dry_run: Compare only; change nothing.

    Raises:
        StoreUnavailableError: See `CatalogStore`; none was stored.
    """
    if is_dry_run:
        async with store.read() as catalog:
            changes = await _find_changes(catalog, clients, by=by, now=now)
            return _result(clients, changes, await catalog.get_revision(), is_dry_run=True)
    async with store.write() as catalog:
        changes = await _find_changes(catalog, clients, by=by, now=now)
        if not changes:
            return _result(clients, changes, await catalog.get_revision())
        names = {change.name for change in changes}
        await catalog.clients.save(
            [client for client in clients if client.name in names], now=now, by=by
        )
        return _result(clients, changes, await catalog.record(changes))


async def _find_changes(
    catalog: Catalog, clients: Sequence[Client], *, by: str, now: datetime
) -> list[Change]:
    stored = {client.name: client for client in await catalog.clients.list_all()}
    return [
        Change(
            Kind.CLIENT,
            client.name,
            canonical_document(stored[client.name]) if client.name in stored else None,
            canonical_document(client),
            by=by,
            at=now,
        )
        for client in clients
        if client.name not in stored or not is_same_document(stored[client.name], client)
    ]


def _result(
    clients: Sequence[Client],
    changes: Sequence[Change],
    revision: int,
    *,
    is_dry_run: bool = False,
) -> ImportResult:
    created = sum(change.before is None for change in changes)
    return ImportResult(
        created=created,
        changed=len(changes) - created,
        unchanged=len(clients) - len(changes),
        is_dry_run=is_dry_run,
        config_revision=revision,
    )
