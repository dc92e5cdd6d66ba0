"""Create or change a client, a pool or a named resource."""

from datetime import datetime

from mlmon_config_api.application.ports import Catalog, CatalogStore, Entries, EntryT
from mlmon_config_api.domain.documents import diff_documents, is_same_document
from mlmon_shared.errors import InvalidRequestError
from mlmon_shared.wire.catalog import ApplyResult, Client, NamedResource, Pool


async def save_client(
    store: CatalogStore, client: Client, *, by: str, now: datetime
) -> ApplyResult:
    """Store the client; one that is the same already is left alone.

    Raises:
        StoreUnavailableError: See `CatalogStore`.
    """
    async with store.write() as catalog:
        return await _save(catalog, catalog.clients, client, kind="client", by=by, now=now)


async def save_pool(store: CatalogStore, pool: Pool, *, by: str, now: datetime) -> ApplyResult:
    """Store the pool; job definitions that no longer fit it stay as they are.

    Raises:
        StoreUnavailableError: See `CatalogStore`.
    """
    async with store.write() as catalog:
        return await _save(catalog, catalog.pools, pool, kind="pool", by=by, now=now)


async def save_resource(
    store: CatalogStore, resource: NamedResource, *, by: str, now: datetime
) -> ApplyResult:
    """Store the resource; job definitions that ask for more of it now stay as they are.

    Raises:
        StoreUnavailableError: See `CatalogStore`.
    """
    async with store.write() as catalog:
        return await _save(catalog, catalog.resources, resource, kind="resource", by=by, now=now)


async def _save(
    catalog: Catalog, entries: Entries[EntryT], entry: EntryT, *, kind: str, by: str, now: datetime
) -> ApplyResult:
    current = await entries.find(entry.name)
    if current is not None and is_same_document(current, entry):
        revision = await catalog.get_revision()
        return ApplyResult(kind=kind, name=entry.name, change="unchanged", config_revision=revision)
    await entries.save(entry, now=now, by=by)
    title = f"{kind} {entry.name}"
    return ApplyResult(
        kind=kind,
        name=entry.name,
        change="created" if current is None else "changed",
        diff=diff_documents(
            current,
            entry,
            old_title="nothing" if current is None else f"{title} (stored)",
            new_title=title,
        ),
        config_revision=await catalog.bump_revision(),
    )


def check_name(written: str, addressed: str) -> None:
    """Check that a document is saved under its own name.

    Raises:
        InvalidRequestError: The path names another one.
    """
    if written != addressed:
        detail = f'the body names "{written}" and the path "{addressed}"; write the same name'
        raise InvalidRequestError.at("/name", detail)
