"""Look job definitions up by name."""

from collections.abc import Sequence

from mlmon_config_api.application.ports import CatalogStore
from mlmon_shared.errors import NotFoundError
from mlmon_shared.wire.catalog import JobDefinitionDocument


async def get_definition(
    store: CatalogStore, name: str, version: int | None = None
) -> JobDefinitionDocument:
    """Return a version of a job definition, the current one when none is named.

    Raises:
        NotFoundError: There is no such job, or no such version of it.
        StoreUnavailableError: See `CatalogStore`.
    """
    async with store.read() as catalog:
        found = await catalog.definitions.find(name, version)
        if found is not None:
            return found
        current = await catalog.definitions.find(name) if version is not None else None
    if current is None:
        raise NotFoundError(f'no job definition is named "{name}"')
    raise NotFoundError(f'"{name}" has no version {version}; its current one is {current.version}')


async def list_definition_versions(
    store: CatalogStore, name: str, *, before: int | None, limit: int
) -> Sequence[JobDefinitionDocument]:
    """Return versions of a job definition, the newest first.

    Raises:
        NotFoundError: There is no such job.
        StoreUnavailableError: See `CatalogStore`.
    """
    async with store.read() as catalog:
        found = await catalog.definitions.list_versions(name, before=before, limit=limit)
        if not found and await catalog.definitions.find(name) is None:
            raise NotFoundError(f'no job definition is named "{name}"')
        return found
