"""Save a job definition, or say what saving it would do."""

from datetime import datetime
from typing import Final

from mlmon_config_api.application.ports import Catalog, CatalogStore
from mlmon_config_api.application.preconditions import (
    ANYTHING,
    Precondition,
    check_precondition,
)
from mlmon_config_api.domain.changes import Change, Kind
from mlmon_config_api.domain.definitions import Reading, check_definition, read_definition
from mlmon_config_api.domain.documents import canonical_document, diff_documents, is_same_document
from mlmon_config_api.domain.references import Surroundings
from mlmon_shared.wire.catalog import ApplyResult, JobDefinitionDocument
from mlmon_shared.wire.job_definitions import JobDefinition

_KIND: Final = Kind.JOB_DEFINITION


async def apply_job_definition(
    store: CatalogStore,
    data: object,
    *,
    by: str,
    now: datetime,
    is_dry_run: bool,
    wanted: Precondition = ANYTHING,
) -> ApplyResult:
    """Make the definition the current version of its job, unless it is that already.

    Args:
        store: Where definitions are kept.
        data: The definition as it was sent, decoded.
        by: Name of who saves it.
        now: When.
        is_dry_run: Check and compare only; change nothing.
        wanted: What the caller takes the current version for.

    Returns:
        What changed, with the diff against the version before.

    Raises:
        InvalidRequestError: With every fault that was found; nothing was stored.
        PreconditionFailedError: The current version is not what `wanted` says.
        StoreUnavailableError: See `CatalogStore`.
    """
    reading = read_definition(data)
    if is_dry_run:
        async with store.read() as catalog:
            result, _, _ = await _plan(catalog, reading, wanted)
            return result.model_copy(update={"is_dry_run": True})
    async with store.write() as catalog:
        result, definition, current = await _plan(catalog, reading, wanted)
        if result.change == "unchanged" or result.version is None:
            return result
        document = JobDefinitionDocument(
            name=definition.name,
            version=result.version,
            definition=definition,
            created_at=now,
            created_by=by,
        )
        await catalog.definitions.add(document)
        change = Change(
            _KIND,
            definition.name,
            canonical_document(current) if current is not None else None,
            canonical_document(definition),
            by=by,
            at=now,
        )
        revision = await catalog.record([change])
        return result.model_copy(update={"config_revision": revision})


async def _plan(
    catalog: Catalog, reading: Reading, wanted: Precondition
) -> tuple[ApplyResult, JobDefinition, JobDefinition | None]:
    surroundings = Surroundings(
        pools=await catalog.pools.list_all(),
        resources=await catalog.resources.list_all(),
        definitions={
            found.name: found.definition for found in await catalog.definitions.list_current()
        },
    )
    definition = check_definition(reading, surroundings)
    current = await catalog.definitions.find(definition.name)
    stored = current.definition if current is not None else None
    await check_precondition(catalog, wanted, _KIND, definition.name, stored)
    revision = await catalog.get_revision()
    if current is not None and is_same_document(current.definition, definition):
        unchanged = ApplyResult(
            kind=_KIND,
            name=definition.name,
            change="unchanged",
            version=current.version,
            config_revision=revision,
        )
        return unchanged, definition, stored
    old_version = current.version if current is not None else 0
    diff = diff_documents(
        stored,
        definition,
        old_title=f"{definition.name} v{old_version}" if current is not None else "nothing",
        new_title=f"{definition.name} v{old_version + 1}",
    )
    changed = ApplyResult(
        kind=_KIND,
        name=definition.name,
        change="changed" if current is not None else "created",
        version=old_version + 1,
        diff=diff,
        config_revision=revision,
    )
    return changed, definition, stored
