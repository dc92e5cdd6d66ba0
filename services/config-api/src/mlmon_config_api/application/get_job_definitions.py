"""Look job definitions up by name."""

from collections.abc import Sequence

from mlmon_config_api.application.ports import Catalog, CatalogStore
from mlmon_config_api.domain.documents import diff_documents
from mlmon_config_api.domain.tagged_states import definition_state, tag_of
from mlmon_config_api.domain.visible_definitions import find_hidden_secrets
from mlmon_shared.errors import NotFoundError
from mlmon_shared.visibility import Visibility
from mlmon_shared.wire.catalog import JobDefinitionDocument
from mlmon_shared.wire.versions import DefinitionDiff, VersionOrigin


async def get_definition(
    store: CatalogStore, name: str, version: int | None = None
) -> JobDefinitionDocument:
    """Return a version of a job definition, the current one when none is named.

    Raises:
        NotFoundError: There is no such job, or no such version of it.
        StoreUnavailableError: See `CatalogStore`.
    """
    async with store.read() as catalog:
        found = await get_version(catalog, name, version)
    return tagged(found) if version is None else found


def tagged(document: JobDefinitionDocument) -> JobDefinitionDocument:
    """Return a current version with its entity tag."""
    return document.model_copy(update={"etag": tag_of(definition_state(document))})


async def hide_secrets(store: CatalogStore, visibility: Visibility) -> frozenset[str]:
    """Return names of secrets that a token does not see in definitions.

    Raises:
        StoreUnavailableError: See `CatalogStore`.
    """
    if visibility.clients is None:
        return frozenset()
    async with store.read() as catalog:
        return find_hidden_secrets(await catalog.secrets.list_all(), visibility)


async def get_version(
    catalog: Catalog, name: str, version: int | None = None
) -> JobDefinitionDocument:
    """Return a version within a transaction, the current one when none is named.

    Raises:
        NotFoundError: There is no such job, or no such version of it.
    """
    found = await catalog.definitions.find(name, version)
    if found is not None:
        return found
    current = await catalog.definitions.find(name) if version is not None else None
    if current is None:
        raise NotFoundError(f'no job definition is named "{name}"')
    raise NotFoundError(f'"{name}" has no version {version}; its current one is {current.version}')


async def diff_versions(store: CatalogStore, name: str, *, old: int, new: int) -> DefinitionDiff:
    """Return what changed from one version of a job definition to another.

    Raises:
        NotFoundError: There is no such job, or no such version of it.
        StoreUnavailableError: See `CatalogStore`.
    """
    async with store.read() as catalog:
        before = await get_version(catalog, name, old)
        after = await get_version(catalog, name, new)
    return DefinitionDiff(
        name=name,
        old=_origin(before),
        new=_origin(after),
        diff=diff_documents(
            before.definition,
            after.definition,
            old_title=f"{name} v{old}",
            new_title=f"{name} v{new}",
        ),
    )


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


def _origin(document: JobDefinitionDocument) -> VersionOrigin:
    return VersionOrigin(
        version=document.version, created_at=document.created_at, created_by=document.created_by
    )
