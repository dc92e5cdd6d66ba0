"""Save a job definition, or say what saving it would do."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from mlmon_config_api.application.plan_definitions import plan_saving
from mlmon_config_api.application.ports import Catalog, CatalogStore
from mlmon_config_api.application.preconditions import (
    ANYTHING,
    Precondition,
    check_precondition,
)
from mlmon_config_api.application.rollouts import (
    canary_of,
    check_clients,
    save_canary,
)
from mlmon_config_api.application.surroundings import look_around
from mlmon_config_api.domain.changes import Change, Kind
from mlmon_config_api.domain.definitions import check_definition
from mlmon_config_api.domain.documents import canonical_document, diff_documents, is_same_document
from mlmon_config_api.domain.readings import read_definition
from mlmon_config_api.domain.references import Surroundings, explain_archived
from mlmon_config_api.domain.tagged_states import definition_state, tag_of
from mlmon_config_api.domain.warnings import as_warnings, find_warnings
from mlmon_shared.errors import ConflictError, InvalidRequestError
from mlmon_shared.jobs.faults import Fault
from mlmon_shared.wire.catalog import ApplyResult, JobDefinitionDocument
from mlmon_shared.wire.job_definitions import ChangeKind, JobDefinition
from mlmon_shared.wire.rollouts import Canary, CanaryRecord, CanaryRequest

_KIND: Final = Kind.JOB_DEFINITION


async def apply_job_definition(
    store: CatalogStore,
    data: object,
    *,
    by: str,
    now: datetime,
    is_dry_run: bool,
    canary: CanaryRequest | None = None,
    wanted: Precondition = ANYTHING,
) -> ApplyResult:
    """Make the definition the current version of its job, unless it is that already.

    Args:
        store: Where definitions are kept.
        data: The definition as it was sent, decoded.
        by: Name of who saves it.
        now: When.
        is_dry_run: Check and compare only; change nothing.
        canary: Let only these clients use the version; the current one stays.
        wanted: What the caller takes the current version for.

    Returns:
        What changed, with the diff against the version before, and warnings; of a dry run
        also what saving would concern.

    Raises:
        InvalidRequestError: With every fault that was found; nothing was stored.
        ConflictError: The job is archived, or another version of it is being tried.
        PreconditionFailedError: The current version is not what `wanted` says.
        StoreUnavailableError: See `CatalogStore`.
    """
    reading = read_definition(data)
    async with store.read() if is_dry_run else store.write() as catalog:
        surroundings = await look_around(catalog)
        definition = check_definition(reading, surroundings)
        state = await find_state(catalog, definition)
        stored = state.stored
        if not state.is_current(definition) or wanted.is_new:
            before = definition_state(state.current)
            await check_precondition(catalog, wanted, _KIND, definition.name, before)
        if canary is not None:
            await check_clients(catalog, canary.clients, at=None)
        result = compare(state, definition, surroundings, canary)
        result = result.model_copy(update={"config_revision": await catalog.get_revision()})
        if is_dry_run:
            plan = await plan_saving(
                catalog,
                definition,
                result,
                stored=stored,
                canary=result.canary or state.canary,
                surroundings=surroundings,
                clients=await catalog.clients.list_all(),
                now=now,
            )
            return result.model_copy(update={"is_dry_run": True, "plan": plan})
        if result.change == "unchanged" or result.version is None:
            return result.model_copy(update={"etag": tag_of(definition_state(state.current))})
        if canary is not None:
            await _add_version(catalog, state, definition, result.version, by=by, now=now)
            await save_canary(catalog, definition.name, result.version, canary, by=by, now=now)
        else:
            change = await make_current(catalog, state, definition, result.version, by=by, now=now)
            await catalog.record([change])
        current = await catalog.definitions.find(definition.name)
        return result.model_copy(
            update={
                "config_revision": await catalog.get_revision(),
                "etag": tag_of(definition_state(current)),
            }
        )


@dataclass(frozen=True)
class JobState:
    """What is stored of a job.

    Attributes:
        newest: The newest version, 0 for none; later than the current one when it was a canary.
        canary: In progress.
        tried: The version of the canary.
    """

    current: JobDefinitionDocument | None
    newest: int
    canary: CanaryRecord | None
    tried: JobDefinitionDocument | None

    @property
    def stored(self) -> JobDefinition | None:
        """The definition that new runs use; None for a new job."""
        return self.current.definition if self.current is not None else None

    def is_current(self, definition: JobDefinition) -> bool:
        """Say whether the definition is what new runs use already."""
        current = self.current
        return (
            current is not None
            and current.archived_at is None
            and is_same_document(current.definition, definition)
        )


async def find_state(catalog: Catalog, definition: JobDefinition) -> JobState:
    """Return what is stored of a definition's job."""
    name = definition.name
    canary = await catalog.rollouts.find_canary(name)
    return JobState(
        current=await catalog.definitions.find(name),
        newest=await catalog.definitions.get_newest_version(name),
        canary=canary,
        tried=await catalog.definitions.find(name, canary.version) if canary is not None else None,
    )


def compare(
    state: JobState,
    definition: JobDefinition,
    surroundings: Surroundings,
    wanted: CanaryRequest | None,
) -> ApplyResult:
    """Return what saving does; the config revision is not known here.

    Raises:
        InvalidRequestError: There is nothing that the canary could be compared with.
        ConflictError: The job is archived, or another version of it is being tried.
    """
    name, current = definition.name, state.current
    if current is not None and current.archived_at is not None:
        raise ConflictError(explain_archived(name))
    warnings = find_warnings(definition, surroundings)
    if current is not None and state.is_current(definition):
        if wanted is not None:
            warnings.append(Fault("", "this is the current version already; nothing is tried"))
        return _result(name, "unchanged", current.version, warnings)
    is_tried = state.tried is not None and is_same_document(state.tried.definition, definition)
    if wanted is None and state.canary is not None:
        progress = f"a canary of version {state.canary.version} of {name} is in progress"
        remedy = f"promote it or roll it back (mlmon jobs canary promote|rollback {name})"
        if not is_tried or current is None:
            raise ConflictError(f"{progress}; {remedy} first")
        warnings.append(Fault("", f"{progress}, with this content: {remedy}"))
        return _result(name, "unchanged", current.version, warnings)
    if wanted is not None and current is None:
        detail = f"query canary_percent: {name} has no version to compare with; leave it out"
        raise InvalidRequestError.at("", detail)
    version = state.newest + 1
    if is_tried and state.canary is not None:
        version = state.canary.version
    change: ChangeKind = "created" if current is None else "changed"
    canary = canary_of(version, wanted) if wanted is not None else None
    if canary is not None and state.canary is not None:
        change = "unchanged" if Canary(**state.canary.model_dump()) == canary else change
    diff = diff_documents(
        current.definition if current is not None else None,
        definition,
        old_title=f"{name} v{current.version}" if current is not None else "nothing",
        new_title=f"{name} v{version}",
    )
    return _result(name, change, version, warnings, diff=diff, canary=canary)


async def make_current(
    catalog: Catalog,
    state: JobState,
    definition: JobDefinition,
    version: int,
    *,
    by: str,
    now: datetime,
) -> Change:
    """Make a definition the current version of its job; return the change, to be recorded."""
    await _add_version(catalog, state, definition, version, by=by, now=now)
    await catalog.definitions.make_current(definition.name, version)
    before = canonical_document(state.stored) if state.stored is not None else None
    after = canonical_document(definition)
    return Change(_KIND, definition.name, before, after, by=by, at=now)


async def _add_version(
    catalog: Catalog,
    state: JobState,
    definition: JobDefinition,
    version: int,
    *,
    by: str,
    now: datetime,
) -> None:
    if version <= state.newest:
        # Clients of the canary use it already.
        return
    document = JobDefinitionDocument(
        name=definition.name,
        version=version,
        definition=definition,
        created_at=now,
        created_by=by,
    )
    await catalog.definitions.add(document)


def _result(
    name: str,
    change: ChangeKind,
    version: int,
    warnings: list[Fault],
    *,
    diff: str = "",
    canary: Canary | None = None,
) -> ApplyResult:
    return ApplyResult(
        kind=_KIND,
        name=name,
        change=change,
        version=version,
        diff=diff,
        config_revision=0,
        warnings=as_warnings(warnings),
        canary=canary,
    )
