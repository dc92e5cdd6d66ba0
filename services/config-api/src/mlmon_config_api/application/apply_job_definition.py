"""Save a job definition, or say what saving it would do."""

from datetime import datetime
from typing import Final

from mlmon_config_api.application.ports import Catalog, CatalogStore
from mlmon_config_api.domain.definitions import Reading, check_definition, read_definition
from mlmon_config_api.domain.documents import diff_documents, is_same_document
from mlmon_config_api.domain.plans import plan_definition
from mlmon_config_api.domain.references import Surroundings, explain_archived
from mlmon_config_api.domain.warnings import find_warnings
from mlmon_shared.errors import ConflictError
from mlmon_shared.wire.catalog import ApplyResult, JobDefinitionDocument
from mlmon_shared.wire.job_definitions import JobDefinition
from mlmon_shared.wire.plans import DefinitionWarning

_KIND: Final = "job-definition"


async def apply_job_definition(
    store: CatalogStore, data: object, *, by: str, now: datetime, is_dry_run: bool
) -> ApplyResult:
    """Make the definition the current version of its job, unless it is that already.

    Args:
        store: Where definitions are kept.
        data: The definition as it was sent, decoded.
        by: Name of who saves it.
        now: When.
        is_dry_run: Check and compare only; change nothing.

    Returns:
        What changed, with the diff against the version before, and warnings; of a dry run
        also what saving would concern.

    Raises:
        InvalidRequestError: With every fault that was found; nothing was stored.
        ConflictError: The job is archived.
        StoreUnavailableError: See `CatalogStore`.
    """
    reading = read_definition(data)
    if is_dry_run:
        async with store.read() as catalog:
            surroundings = await look_around(catalog)
            result, definition = await _compare(catalog, reading, surroundings)
            plan = plan_definition(definition, surroundings)
            return result.model_copy(update={"is_dry_run": True, "plan": plan})
    async with store.write() as catalog:
        result, definition = await _compare(catalog, reading, await look_around(catalog))
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
        revision = await catalog.bump_revision()
        return result.model_copy(update={"config_revision": revision})


async def look_around(catalog: Catalog) -> Surroundings:
    """Return what a definition may name."""
    return Surroundings(
        pools=await catalog.pools.list_all(),
        resources=await catalog.resources.list_all(),
        definitions={
            found.name: found.definition for found in await catalog.definitions.list_current()
        },
        archived=await catalog.definitions.list_archived(),
    )


async def _compare(
    catalog: Catalog, reading: Reading, surroundings: Surroundings
) -> tuple[ApplyResult, JobDefinition]:
    definition = check_definition(reading, surroundings)
    warnings = [
        DefinitionWarning(pointer=fault.pointer, detail=fault.detail)
        for fault in find_warnings(definition)
    ]
    current = await catalog.definitions.find(definition.name)
    if current is not None and current.archived_at is not None:
        raise ConflictError(explain_archived(definition.name))
    revision = await catalog.get_revision()
    if current is not None and is_same_document(current.definition, definition):
        unchanged = ApplyResult(
            kind=_KIND,
            name=definition.name,
            change="unchanged",
            version=current.version,
            config_revision=revision,
            warnings=warnings,
        )
        return unchanged, definition
    old_version = current.version if current is not None else 0
    diff = diff_documents(
        current.definition if current is not None else None,
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
        warnings=warnings,
    )
    return changed, definition
