"""Give other services all that they need at one revision."""

from mlmon_config_api.application.ports import CatalogStore
from mlmon_shared.wire.catalog import Snapshot


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
            job_definitions=list(await catalog.definitions.list_current()),
            clients=list(await catalog.clients.list_all()),
            pools=list(await catalog.pools.list_all()),
            resources=list(await catalog.resources.list_all()),
            archived_jobs=list(await catalog.definitions.list_archived()),
            tokens=list(await catalog.tokens.list_all()),
        )
