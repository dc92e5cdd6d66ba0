"""Save pools, resources, clients and job definitions together, or say what saving would do."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from mlmon_config_api.application.apply_job_definition import (
    JobState,
    compare,
    find_state,
    make_current,
)
from mlmon_config_api.application.archive_job_definitions import archive_within, check_archive
from mlmon_config_api.application.entry_changes import EntryChanges, compare_entries
from mlmon_config_api.application.plan_definitions import plan_saving
from mlmon_config_api.application.plan_preconditions import check_plan, plan_tag
from mlmon_config_api.application.ports import Catalog, CatalogStore
from mlmon_config_api.application.preconditions import ANYTHING, Precondition
from mlmon_config_api.application.surroundings import look_around
from mlmon_config_api.domain.catalog_readings import CatalogReading, merge_entries
from mlmon_config_api.domain.changes import Change, Kind
from mlmon_config_api.domain.plan_states import PlanState, entry_states
from mlmon_config_api.domain.pool_warnings import find_pool_warnings
from mlmon_config_api.domain.references import Surroundings, in_order_of_dependencies
from mlmon_config_api.domain.stranded_jobs import (
    find_stranded_by_pool,
    find_stranded_by_resource,
)
from mlmon_config_api.domain.tagged_states import definition_state, job_state
from mlmon_config_api.domain.warnings import as_warnings
from mlmon_shared.errors import ConflictError, InvalidRequestError
from mlmon_shared.jobs.faults import Fault, pointer_to
from mlmon_shared.wire.catalog import (
    ApplyResult,
    Client,
    JobDefinitionDocument,
    NamedResource,
    Pool,
)
from mlmon_shared.wire.catalog_changes import CatalogResult
from mlmon_shared.wire.job_definitions import JobDefinition
from mlmon_shared.wire.plans import DefinitionPlan
from mlmon_shared.wire.validation import summarise


async def apply_catalog(
    store: CatalogStore,
    reading: CatalogReading,
    *,
    by: str,
    now: datetime,
    is_dry_run: bool,
    wanted: Precondition = ANYTHING,
) -> CatalogResult:
    """Save everything in one transaction, or nothing if anything of it is refused.

    Args:
        store: Where it is kept.
        reading: What was sent.
        by: Name of who saves it.
        now: When.
        is_dry_run: Check and compare only; change nothing.
        wanted: What the caller takes all of this for; see `plan_tag`.

    Raises:
        InvalidRequestError: With every fault that was found, and every conflict.
        ConflictError: A job is archived, another version of it is being tried, or others depend
            on one that is to be archived; with every such place.
        PreconditionFailedError: Something of it was changed since it was planned.
        StoreUnavailableError: See `CatalogStore`.
    """
    async with store.read() if is_dry_run else store.write() as catalog:
        decided = await _decide(catalog, reading, with_diffs=is_dry_run)
        # There may be thousands of things; others are served meanwhile.
        if wanted.etags is not None and decided.changes_anything:
            # What is the case already is not refused: a request that is sent again succeeds.
            await check_plan(catalog, wanted, await asyncio.to_thread(_states_before, decided))
        if is_dry_run:
            return await _plan(catalog, decided, now)
        changes = await _write(catalog, decided, by=by, now=now)
        revision = await (catalog.record(changes) if changes else catalog.get_revision())
        states = await asyncio.to_thread(_states_after, decided)
        return _answer(decided.results, decided.archived, states, revision)


@dataclass(frozen=True)
class _Definition:
    """What becomes of a definition."""

    definition: JobDefinition
    state: JobState
    result: ApplyResult


@dataclass(frozen=True)
class _Decided:
    """All that saving does; it is possible.

    Attributes:
        surroundings: What there would be; jobs to archive are among it.
        all_clients: Those that there would be.
        reading: What was sent.
        stored: What there is.
        stored_clients: The clients of it.
        to_archive: Current versions.
    """

    pools: EntryChanges[Pool]
    resources: EntryChanges[NamedResource]
    clients: EntryChanges[Client]
    definitions: Sequence[_Definition]
    to_archive: Sequence[JobDefinitionDocument]
    surroundings: Surroundings
    all_clients: Sequence[Client]
    reading: CatalogReading
    stored: Surroundings
    stored_clients: Sequence[Client]

    @property
    def changes_anything(self) -> bool:
        """Whether something is not yet as it is to be."""
        return any(each.change != "unchanged" for each in [*self.results, *self.archived])

    @property
    def results(self) -> list[ApplyResult]:
        """In the order of the answer."""
        return [
            *self.pools.results,
            *self.resources.results,
            *self.clients.results,
            *(each.result for each in self.definitions),
        ]

    @property
    def archived(self) -> list[ApplyResult]:
        """Of the jobs to archive."""
        return [
            ApplyResult(
                kind=Kind.JOB_DEFINITION,
                name=each.name,
                change="changed" if each.archived_at is None else "unchanged",
                version=each.version,
                config_revision=0,
            )
            for each in self.to_archive
        ]


async def _decide(catalog: Catalog, reading: CatalogReading, *, with_diffs: bool) -> _Decided:
    stored = await look_around(catalog)
    surroundings = reading.added_to(stored)
    faults = reading.find_faults(surroundings)
    definitions, conflicts = await _compare_definitions(catalog, reading, surroundings)
    to_archive = await check_archive(catalog, reading.archive, surroundings.definitions)
    conflicts += to_archive.conflicts
    if faults or to_archive.faults:
        found = [*faults, *to_archive.faults, *conflicts]
        documents = [fault.as_document() for fault in found]
        raise InvalidRequestError(summarise(documents), errors=documents)
    if conflicts:
        documents = [fault.as_document() for fault in conflicts]
        raise ConflictError(summarise(documents), errors=documents)
    clients = await catalog.clients.list_all()
    all_clients = merge_entries(clients, reading.clients)
    touched = {*reading.archive, *(each.definition.name for each in definitions)}
    pools = compare_entries(Kind.POOL, stored.pools, reading.pools, with_diffs=with_diffs)
    resources = compare_entries(
        Kind.RESOURCE, stored.resources, reading.resources, with_diffs=with_diffs
    )
    return _Decided(
        pools=pools.with_warnings(
            {
                pool.name: as_warnings(
                    [
                        *find_stranded_by_pool(pool, stored, surroundings, but=touched),
                        *find_pool_warnings(
                            pool,
                            jobs=surroundings.definitions.keys() - set(reading.archive),
                            archived={*surroundings.archived, *reading.archive},
                            clients=all_clients,
                        ),
                    ]
                )
                for pool in reading.pools
            }
        ),
        resources=resources.with_warnings(
            {
                each.name: as_warnings(
                    find_stranded_by_resource(each, stored, surroundings, but=touched)
                )
                for each in reading.resources
            }
        ),
        clients=await asyncio.to_thread(
            compare_entries, Kind.CLIENT, clients, reading.clients, with_diffs=with_diffs
        ),
        definitions=definitions,
        to_archive=to_archive.documents,
        surroundings=surroundings,
        all_clients=all_clients,
        reading=reading,
        stored=stored,
        stored_clients=clients,
    )


def _states_before(decided: _Decided) -> list[PlanState]:
    """Return what is stored of each thing that is named."""
    reading, stored = decided.reading, decided.stored
    return [
        *_entry_states(reading, stored.pools, stored.resources, decided.stored_clients),
        *(
            PlanState(
                Kind.JOB_DEFINITION, each.definition.name, definition_state(each.state.current)
            )
            for each in decided.definitions
        ),
        *(
            PlanState(Kind.JOB_DEFINITION, document.name, definition_state(document))
            for document in decided.to_archive
        ),
    ]


def _states_after(decided: _Decided) -> list[PlanState]:
    """Return the same of what is stored then."""
    reading = decided.reading
    return [
        *_entry_states(reading, reading.pools, reading.resources, reading.clients),
        *(
            PlanState(
                Kind.JOB_DEFINITION,
                each.definition.name,
                job_state(each.definition, is_archived=False),
            )
            for each in decided.definitions
        ),
        *(
            PlanState(
                Kind.JOB_DEFINITION,
                document.name,
                job_state(document.definition, is_archived=True),
            )
            for document in decided.to_archive
        ),
    ]


def _entry_states(
    reading: CatalogReading,
    pools: Iterable[Pool],
    resources: Iterable[NamedResource],
    clients: Iterable[Client],
) -> list[PlanState]:
    return [
        *entry_states(Kind.POOL, (each.name for each in reading.pools), pools),
        *entry_states(Kind.RESOURCE, (each.name for each in reading.resources), resources),
        *entry_states(Kind.CLIENT, (each.name for each in reading.clients), clients),
    ]


async def _compare_definitions(
    catalog: Catalog, reading: CatalogReading, surroundings: Surroundings
) -> tuple[list[_Definition], list[Fault]]:
    """Return what becomes of each, in the order of dependencies, and what stands against it."""
    given = {each.definition.name: (place, each) for place, each in reading.definitions}
    order = in_order_of_dependencies({name: each.definition for name, (_, each) in given.items()})
    compared, conflicts = [], []
    for place, each in (given[name] for name in order):
        if not each.has_name:
            continue
        state = await find_state(catalog, each.definition)
        try:
            result = compare(state, each.definition, surroundings, None)
        except ConflictError as error:
            conflicts.append((place, error.detail))
            continue
        compared.append(_Definition(each.definition, state, result))
    return compared, [
        Fault(pointer_to("job_definitions", place), detail) for place, detail in sorted(conflicts)
    ]


async def _plan(catalog: Catalog, decided: _Decided, now: datetime) -> CatalogResult:
    planned = []
    for each in decided.definitions:
        plan = await plan_saving(
            catalog,
            each.definition,
            each.result,
            stored=each.state.stored,
            canary=each.state.canary,
            surroundings=decided.surroundings,
            clients=decided.all_clients,
            now=now,
        )
        planned.append(each.result.model_copy(update={"plan": plan}))
    entries = decided.results[: -len(planned)] if planned else decided.results
    archived = [
        result.model_copy(update={"plan": _plan_of_archived(each)})
        for result, each in zip(decided.archived, decided.to_archive, strict=True)
    ]
    revision = await catalog.get_revision()
    states = await asyncio.to_thread(_states_before, decided)
    return _answer([*entries, *planned], archived, states, revision, is_dry_run=True)


def _plan_of_archived(document: JobDefinitionDocument) -> DefinitionPlan:
    is_scheduled = document.definition.schedule is not None and document.archived_at is None
    return DefinitionPlan(pools=[], dependants=[], removes_schedule=is_scheduled)


async def _write(catalog: Catalog, decided: _Decided, *, by: str, now: datetime) -> list[Change]:
    changes = [
        *await decided.pools.write(catalog.pools, by=by, now=now),
        *await decided.resources.write(catalog.resources, by=by, now=now),
        *await decided.clients.write(catalog.clients, by=by, now=now),
    ]
    for each in decided.definitions:
        if each.result.change == "unchanged" or each.result.version is None:
            continue
        changes.append(
            await make_current(
                catalog, each.state, each.definition, each.result.version, by=by, now=now
            )
        )
    return changes + [
        await archive_within(catalog, document, by=by, now=now)
        for document in decided.to_archive
        if document.archived_at is None
    ]


def _answer(
    results: Sequence[ApplyResult],
    archived: Sequence[ApplyResult],
    states: Sequence[PlanState],
    revision: int,
    *,
    is_dry_run: bool = False,
) -> CatalogResult:
    update = {"config_revision": revision, "is_dry_run": is_dry_run}
    return CatalogResult(
        results=[each.model_copy(update=update) for each in results],
        archived=[each.model_copy(update=update) for each in archived],
        is_dry_run=is_dry_run,
        config_revision=revision,
        etag=plan_tag(states, revision),
    )
