"""Give other services all that they need at one revision."""

from mlmon_config_api.application.ports import Catalog, CatalogStore
from mlmon_shared.wire.catalog import CurrentDefinition, Snapshot
from mlmon_shared.wire.rollouts import Canary


async def take_snapshot(store: CatalogStore, known_revisions: frozenset[int]) -> Snapshot | int:
    """Return the snapshot, or its bare revision when the caller knows it already.

    Raises:
        StoreUnavailableError: See `CatalogStore`.
    """
    async with store.read() as catalog:
        revision = await catalog.get_revision()
        if revision in known_revisions:
            return revision
        return Snapshot(
            config_revision=revision,
            job_definitions=await _list_current(catalog),
            other_definitions=list(await catalog.rollouts.list_definitions()),
            clients=list(await catalog.clients.list_all()),
            paused_schedules=list(await catalog.paused_schedules.list_all()),
            paused_clients=list(await catalog.paused_clients.list_all()),
            pools=list(await catalog.pools.list_all()),
            resources=list(await catalog.resources.list_all()),
            archived_jobs=list(await catalog.definitions.list_archived()),
            secrets=[each.as_sealed() for each in await catalog.secrets.list_all()],
            tokens=list(await catalog.tokens.list_all()),
            pass_keys=list(await catalog.pass_keys.list_all()),
        )


async def _list_current(catalog: Catalog) -> list[CurrentDefinition]:
    canaries = {
        each.name: Canary(**each.model_dump())
        for each in await catalog.rollouts.list_all_canaries()
    }
    pins: dict[str, dict[int, list[str]]] = {}
    for name, version, clients in await catalog.rollouts.list_all_pins():
        pins.setdefault(name, {})[version] = list(clients)
    return [
        current.model_copy(
            update={"canary": canaries.get(current.name), "pins": pins.get(current.name, {})}
        )
        for current in await catalog.definitions.list_current()
    ]
