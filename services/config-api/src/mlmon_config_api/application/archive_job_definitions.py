"""Archive jobs that nobody should submit any more, and restore them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from mlmon_config_api.application.get_job_definitions import get_version
from mlmon_config_api.application.ports import Catalog, CatalogStore
from mlmon_config_api.application.preconditions import (
    ANYTHING,
    Precondition,
    check_precondition,
)
from mlmon_config_api.domain.changes import Change, Kind
from mlmon_config_api.domain.documents import canonical_document
from mlmon_config_api.domain.references import explain_archived, find_dependants, upstream_of
from mlmon_config_api.domain.tagged_states import definition_state, tag_of
from mlmon_shared.errors import ConflictError
from mlmon_shared.jobs.faults import Fault, join_words, pointer_to
from mlmon_shared.wire.catalog import ApplyResult, JobDefinitionDocument
from mlmon_shared.wire.job_definitions import ChangeKind, JobDefinition
from mlmon_shared.wire.validation import unknown


async def archive_job_definition(
    store: CatalogStore, name: str, *, by: str, now: datetime, wanted: Precondition = ANYTHING
) -> ApplyResult:
    """Let a job take no new runs; it keeps its versions, and its runs go on.

    Raises:
        NotFoundError: There is no such job.
        ConflictError: The definition of another job depends on it.
        PreconditionFailedError: It is not what `wanted` says.
        StoreUnavailableError: See `CatalogStore`.
    """
    async with store.write() as catalog:
        current = await get_version(catalog, name)
        if current.archived_at is not None:
            return await _result(catalog, name, "unchanged")
        state = definition_state(current)
        await check_precondition(catalog, wanted, Kind.JOB_DEFINITION, name, state)
        known = {each.name: each.definition for each in await catalog.definitions.list_current()}
        dependants = _find_dependants(name, known, await _list_tried(catalog))
        if dependants:
            raise ConflictError(_explain_dependants(name, dependants), dependants=dependants)
        await catalog.record([await archive_within(catalog, current, by=by, now=now)])
        return await _result(catalog, name, "changed")


async def restore_job_definition(
    store: CatalogStore, name: str, *, by: str, now: datetime, wanted: Precondition = ANYTHING
) -> ApplyResult:
    """Let an archived job take runs again.

    Raises:
        NotFoundError: There is no such job.
        ConflictError: It depends on a job that is archived itself.
        PreconditionFailedError: It is not what `wanted` says.
        StoreUnavailableError: See `CatalogStore`.
    """
    async with store.write() as catalog:
        current = await get_version(catalog, name)
        if current.archived_at is None:
            return await _result(catalog, name, "unchanged")
        state = definition_state(current)
        await check_precondition(catalog, wanted, Kind.JOB_DEFINITION, name, state)
        archived = set(await catalog.definitions.list_archived())
        missing = sorted((upstream_of(current.definition) & archived) - {name})
        if missing:
            raise ConflictError(
                f'"{name}" depends on {join_words(missing)}: {explain_archived(missing[0])}'
            )
        await catalog.definitions.restore(name)
        await catalog.record([_change(current, "restored", by=by, now=now)])
        return await _result(catalog, name, "changed")


def _change(current: JobDefinitionDocument, deed: str, *, by: str, now: datetime) -> Change:
    document = canonical_document(current.definition)
    return Change(Kind.JOB_DEFINITION, current.name, document, document, by=by, at=now, deed=deed)


async def archive_within(
    catalog: Catalog, current: JobDefinitionDocument, *, by: str, now: datetime
) -> Change:
    """Archive a job within a transaction; return the change, to be recorded."""
    await catalog.definitions.archive(current.name, now=now, by=by)
    return _change(current, "archived", by=by, now=now)


@dataclass(frozen=True)
class ArchiveCheck:
    """Whether jobs can be archived together.

    Attributes:
        documents: Their current versions, those that are archived already among them.
        faults: Jobs that do not exist.
        conflicts: Jobs that others depend on.
    """

    documents: Sequence[JobDefinitionDocument]
    faults: Sequence[Fault]
    conflicts: Sequence[Fault]


async def check_archive(
    catalog: Catalog, names: Sequence[str], definitions: Mapping[str, JobDefinition]
) -> ArchiveCheck:
    """Return whether jobs can be archived together.

    Args:
        catalog: What is stored.
        names: Of the jobs; one may stand twice.
        definitions: All that there would be, before these are archived.
    """
    documents: dict[str, JobDefinitionDocument] = {}
    faults, conflicts = [], []
    leaving = set(names)
    staying = {name: each for name, each in definitions.items() if name not in leaving}
    tried = await _list_tried(catalog) if names else {}
    tried = {name: each for name, each in tried.items() if name not in leaving}
    for place, name in enumerate(names):
        at = pointer_to("archive", place)
        found = await catalog.definitions.find(name)
        if found is None:
            faults.append(Fault(at, unknown("job", name, list(definitions))))
            continue
        documents[name] = found
        if found.archived_at is None and (dependants := _find_dependants(name, staying, tried)):
            conflicts.append(Fault(at, _explain_dependants(name, dependants)))
    return ArchiveCheck(list(documents.values()), faults, conflicts)


def _explain_dependants(name: str, dependants: Sequence[str]) -> str:
    return (
        f'"{name}" cannot be archived: {join_words(dependants)} '
        f"{'depends' if len(dependants) == 1 else 'depend'} on it; "
        "archive what depends on it first, or save it without that dependency"
    )


def _find_dependants(
    name: str, current: Mapping[str, JobDefinition], tried: Mapping[str, JobDefinition]
) -> list[str]:
    """Return the jobs whose current or tried definition depends on this one."""
    return sorted({*find_dependants(name, current), *find_dependants(name, tried)})


async def _list_tried(catalog: Catalog) -> dict[str, JobDefinition]:
    """Return the definitions that canaries try, by job."""
    other = {
        (each.name, each.version): each.definition
        for each in await catalog.rollouts.list_definitions()
    }
    return {
        each.name: other[each.name, each.version]
        for each in await catalog.rollouts.list_all_canaries()
        if (each.name, each.version) in other
    }


async def _result(catalog: Catalog, name: str, change: ChangeKind) -> ApplyResult:
    current = await get_version(catalog, name)
    return ApplyResult(
        kind="job-definition",
        name=name,
        change=change,
        version=current.version,
        config_revision=await catalog.get_revision(),
        etag=tag_of(definition_state(current)),
    )
