"""Create or change a client, a pool or a named resource."""

from dataclasses import replace
from datetime import datetime

from mlmon_config_api.application.entry_changes import compare_entries
from mlmon_config_api.application.ports import Catalog, CatalogStore, Entries, EntryT
from mlmon_config_api.application.preconditions import (
    ANYTHING,
    Precondition,
    check_precondition,
)
from mlmon_config_api.application.surroundings import look_around
from mlmon_config_api.domain.catalog_readings import merge_entries
from mlmon_config_api.domain.changes import Kind
from mlmon_config_api.domain.documents import canonical_document, is_same_document
from mlmon_config_api.domain.pool_warnings import find_pool_warnings
from mlmon_config_api.domain.pools import find_contradictions
from mlmon_config_api.domain.references import Surroundings
from mlmon_config_api.domain.stranded_jobs import (
    find_stranded_by_pool,
    find_stranded_by_resource,
)
from mlmon_config_api.domain.tagged_states import State, client_state, tag_of
from mlmon_config_api.domain.warnings import as_warnings
from mlmon_shared.errors import InvalidRequestError
from mlmon_shared.wire.catalog import (
    ApplyResult,
    Client,
    NamedResource,
    NamedResourceDocument,
    Pool,
    PoolDocument,
)
from mlmon_shared.wire.plans import DefinitionWarning
from mlmon_shared.wire.validation import summarise
from mlmon_shared.wire.webhooks import Webhook


async def save_client(
    store: CatalogStore, client: Client, *, by: str, now: datetime, wanted: Precondition = ANYTHING
) -> ApplyResult:
    """Store the client; one that is the same already is left alone.

    Raises:
        PreconditionFailedError: What is stored is not what `wanted` says.
        StoreUnavailableError: See `CatalogStore`.
    """
    async with store.write() as catalog:
        save = _Save(catalog, Kind.CLIENT, by=by, now=now, wanted=wanted)
        return await save.entry(catalog.clients, client)


async def save_pool(
    store: CatalogStore, pool: Pool, *, by: str, now: datetime, wanted: Precondition = ANYTHING
) -> ApplyResult:
    """Store the pool, and say what in it may surprise.

    Job definitions that fit no pool any more are named, and stay as they are.

    Raises:
        InvalidRequestError: What it says contradicts itself.
        PreconditionFailedError: What is stored is not what `wanted` says.
        StoreUnavailableError: See `CatalogStore`.
    """
    if faults := [fault.as_document() for fault in find_contradictions(pool)]:
        raise InvalidRequestError(summarise(faults), errors=faults)
    async with store.write() as catalog:
        before = await look_around(catalog)
        save = _Save(catalog, Kind.POOL, by=by, now=now, wanted=wanted)
        result = await save.entry(catalog.pools, pool)
        warnings = await _warn_of_pool(catalog, before, pool)
        return result.model_copy(update={"warnings": warnings})


async def _warn_of_pool(
    catalog: Catalog, before: Surroundings, pool: Pool
) -> list[DefinitionWarning]:
    found = find_pool_warnings(
        pool,
        jobs=before.definitions,
        archived=before.archived,
        clients=await catalog.clients.list_all() if pool.takes.clients is not None else [],
    )
    after = replace(before, pools=merge_entries(before.pools, [pool]))
    return as_warnings([*find_stranded_by_pool(pool, before, after), *found])


async def save_resource(
    store: CatalogStore,
    resource: NamedResource,
    *,
    by: str,
    now: datetime,
    wanted: Precondition = ANYTHING,
) -> ApplyResult:
    """Store the resource, and name the jobs that ask for more of it; they stay as they are.

    Raises:
        PreconditionFailedError: What is stored is not what `wanted` says.
        StoreUnavailableError: See `CatalogStore`.
    """
    async with store.write() as catalog:
        save = _Save(catalog, Kind.RESOURCE, by=by, now=now, wanted=wanted)
        before = await look_around(catalog)
        result = await save.entry(catalog.resources, resource)
        after = replace(before, resources=merge_entries(before.resources, [resource]))
        found = find_stranded_by_resource(resource, before, after)
        return result.model_copy(update={"warnings": as_warnings(found)})


def show_pool(pool: Pool) -> PoolDocument:
    """Return what is shown of a pool."""
    return PoolDocument(**dict(pool), etag=tag_of(canonical_document(pool)))


def show_resource(resource: NamedResource) -> NamedResourceDocument:
    """Return what is shown of a named resource."""
    return NamedResourceDocument(**dict(resource), etag=tag_of(canonical_document(resource)))


async def save_entry(
    catalog: Catalog,
    kind: Kind,
    entries: Entries[EntryT],
    entry: EntryT,
    *,
    by: str,
    now: datetime,
    wanted: Precondition,
) -> ApplyResult:
    """Store an entry within a transaction that goes on; one that is the same is left alone.

    Raises:
        PreconditionFailedError: What is stored is not what `wanted` says.
    """
    return await _Save(catalog, kind, by=by, now=now, wanted=wanted).entry(entries, entry)


class _Save:
    """Saves one entry in a transaction."""

    def __init__(
        self, catalog: Catalog, kind: Kind, *, by: str, now: datetime, wanted: Precondition
    ) -> None:
        self._catalog = catalog
        self._kind = kind
        self._by = by
        self._now = now
        self._wanted = wanted

    async def entry(self, entries: Entries[EntryT], entry: EntryT) -> ApplyResult:
        """Store the entry unless it is the same already."""
        catalog, kind = self._catalog, self._kind
        current = await entries.find(entry.name)
        is_same = current is not None and is_same_document(current, entry)
        if not is_same or self._wanted.is_new:
            state = await self._state(current)
            await check_precondition(catalog, self._wanted, kind, entry.name, state)
        stored = [current] if current is not None else []
        compared = compare_entries(kind, stored, [entry])
        changes = await compared.write(entries, by=self._by, now=self._now)
        revision = await (catalog.record(changes) if changes else catalog.get_revision())
        etag = tag_of(await self._state(entry))
        return compared.results[0].model_copy(update={"config_revision": revision, "etag": etag})

    async def _state(self, entry: Client | Pool | NamedResource | Webhook | None) -> State:
        """Return what the entity tag of an entry stands for."""
        if entry is None:
            return None
        if isinstance(entry, Client):
            paused = await self._catalog.paused_clients.find([entry.name])
            return client_state(entry, paused.get(entry.name))
        return canonical_document(entry)


def check_name(written: str, addressed: str) -> None:
    """Check that a document is saved under its own name.

    Raises:
        InvalidRequestError: The path names another one.
    """
    if written != addressed:
        detail = f'the body names "{written}" and the path "{addressed}"; write the same name'
        raise InvalidRequestError.at("/name", detail)
