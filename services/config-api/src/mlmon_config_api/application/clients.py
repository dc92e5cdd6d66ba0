"""Read, pause and resume clients."""

from collections.abc import Sequence
from datetime import datetime

from mlmon_config_api.application.ports import Catalog, CatalogStore, PageRequest
from mlmon_config_api.application.preconditions import (
    ANYTHING,
    Precondition,
    check_precondition,
)
from mlmon_config_api.domain.changes import Change, Kind
from mlmon_config_api.domain.tagged_states import client_state, tag_of
from mlmon_shared.errors import NotFoundError
from mlmon_shared.wire.catalog import ApplyResult, Client, ClientDocument


async def get_client(store: CatalogStore, name: str) -> ClientDocument:
    """Return a client.

    Raises:
        NotFoundError: There is none of this name.
        StoreUnavailableError: See `CatalogStore`.
    """
    async with store.read() as catalog:
        return (await _documents(catalog, [await _find(catalog, name)]))[0]


async def list_clients(store: CatalogStore, page: PageRequest) -> Sequence[ClientDocument]:
    """Return clients, by name.

    Raises:
        StoreUnavailableError: See `CatalogStore`.
    """
    async with store.read() as catalog:
        return await _documents(catalog, await catalog.clients.list_page(page))


async def pause_client(
    store: CatalogStore,
    name: str,
    *,
    reason: str,
    by: str,
    now: datetime,
    wanted: Precondition = ANYTHING,
) -> ApplyResult:
    """Let none of the client's runs start from now on; what runs goes on.

    Raises:
        NotFoundError: There is no such client.
        PreconditionFailedError: It is not what `wanted` says.
        StoreUnavailableError: See `CatalogStore`.
    """
    async with store.write() as catalog:
        client = await _find(catalog, name)
        before = (await catalog.paused_clients.find([name])).get(name)
        if before == reason:
            return await _result(catalog, client, before, None)
        state = client_state(client, before)
        await check_precondition(catalog, wanted, Kind.CLIENT, name, state)
        await catalog.paused_clients.pause(name, reason=reason, now=now, by=by)
        old = {"reason": before} if before is not None else None
        change = Change(Kind.CLIENT, name, old, {"reason": reason}, by=by, at=now, deed="paused")
        return await _result(catalog, client, reason, change)


async def resume_client(
    store: CatalogStore, name: str, *, by: str, now: datetime, wanted: Precondition = ANYTHING
) -> ApplyResult:
    """Let the client's runs start again.

    Raises:
        NotFoundError: There is no such client.
        PreconditionFailedError: It is not what `wanted` says.
        StoreUnavailableError: See `CatalogStore`.
    """
    async with store.write() as catalog:
        client = await _find(catalog, name)
        before = (await catalog.paused_clients.find([name])).get(name)
        if before is None:
            return await _result(catalog, client, None, None)
        state = client_state(client, before)
        await check_precondition(catalog, wanted, Kind.CLIENT, name, state)
        await catalog.paused_clients.resume(name)
        change = Change(Kind.CLIENT, name, {"reason": before}, None, by=by, at=now, deed="resumed")
        return await _result(catalog, client, None, change)


async def _find(catalog: Catalog, name: str) -> Client:
    found = await catalog.clients.find(name)
    if found is None:
        raise NotFoundError(f'no client is named "{name}"')
    return found


async def _documents(catalog: Catalog, clients: Sequence[Client]) -> list[ClientDocument]:
    reasons = await catalog.paused_clients.find([client.name for client in clients])
    return [_show(client, reasons.get(client.name)) for client in clients]


def _show(client: Client, reason: str | None) -> ClientDocument:
    return ClientDocument(
        **dict(client),
        is_paused=reason is not None,
        pause_reason=reason or "",
        etag=tag_of(client_state(client, reason)),
    )


async def _result(
    catalog: Catalog, client: Client, reason: str | None, change: Change | None
) -> ApplyResult:
    revision = await (catalog.get_revision() if change is None else catalog.record([change]))
    return ApplyResult(
        kind=Kind.CLIENT,
        name=client.name,
        change="unchanged" if change is None else "changed",
        config_revision=revision,
        etag=tag_of(client_state(client, reason)),
    )
