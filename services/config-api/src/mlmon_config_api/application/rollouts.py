"""Let some clients use another version of a job than the current one."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from mlmon_config_api.application.get_job_definitions import get_version
from mlmon_config_api.application.ports import Catalog, CatalogStore
from mlmon_config_api.application.preconditions import (
    ANYTHING,
    Precondition,
    check_precondition,
)
from mlmon_config_api.application.surroundings import look_around
from mlmon_config_api.domain.changes import Change, Kind
from mlmon_config_api.domain.definitions import check_definition
from mlmon_config_api.domain.documents import canonical_document
from mlmon_config_api.domain.readings import Reading
from mlmon_config_api.domain.references import explain_archived
from mlmon_config_api.domain.tagged_states import (
    canary_state,
    definition_state,
    tag_of,
)
from mlmon_shared.errors import ConflictError, InvalidRequestError, NotFoundError
from mlmon_shared.jobs.faults import Fault
from mlmon_shared.wire.catalog import ApplyResult, Client, JobDefinitionDocument
from mlmon_shared.wire.job_definitions import ChangeKind
from mlmon_shared.wire.rollouts import (
    Canary,
    CanaryDocument,
    CanaryRecord,
    CanaryRequest,
    is_in_canary,
)
from mlmon_shared.wire.validation import summarise, unknown


async def get_canary(store: CatalogStore, job: str) -> CanaryDocument:
    """Return the canary in progress.

    Raises:
        NotFoundError: There is no such job, or no canary of it.
        StoreUnavailableError: See `CatalogStore`.
    """
    async with store.read() as catalog:
        current = await get_version(catalog, job)
        canary = await _find_canary(catalog, job)
        return CanaryDocument(
            **canary.model_dump(),
            current_version=current.version,
            client_count=await count_clients(catalog, job, canary),
            etag=tag_of(canary_state(canary)),
        )


async def set_canary(
    store: CatalogStore,
    job: str,
    request: CanaryRequest,
    *,
    by: str,
    now: datetime,
    wanted: Precondition = ANYTHING,
) -> ApplyResult:
    """Change which clients are in the canary, or start one with a version that exists.

    Raises:
        NotFoundError: There is no such job, or no canary of it and no version was named.
        InvalidRequestError: A client or the version does not exist, or is the current one.
        ConflictError: The job is archived.
        PreconditionFailedError: It is not what `wanted` says.
        StoreUnavailableError: See `CatalogStore`.
    """
    async with store.write() as catalog:
        current = await get_version(catalog, job)
        version = request.version
        if version is None:
            version = (await _expect_canary(catalog, job, wanted)).version
        await check_version(catalog, job, version)
        if version == current.version:
            raise InvalidRequestError.at("/version", f"{version} is the current version already")
        if current.archived_at is not None:
            raise ConflictError(explain_archived(job))
        await check_clients(catalog, request.clients, at="/clients")
        return await save_canary(catalog, job, version, request, by=by, now=now, wanted=wanted)


async def save_canary(
    catalog: Catalog,
    job: str,
    version: int,
    request: CanaryRequest,
    *,
    by: str,
    now: datetime,
    wanted: Precondition = ANYTHING,
) -> ApplyResult:
    """Store the canary within a transaction, unless it is the same already.

    Raises:
        PreconditionFailedError: It is not what `wanted` says.
    """
    before = await catalog.rollouts.find_canary(job)
    canary = canary_of(version, request)
    tag = tag_of(canary_state(canary))
    is_same = before is not None and Canary(**before.model_dump()) == canary
    if not is_same or wanted.is_new:
        await check_precondition(catalog, wanted, Kind.CANARY, job, canary_state(before))
    if is_same:
        return await answer(catalog, "canary", job, "unchanged", version, tag=tag)
    await catalog.rollouts.save_canary(
        CanaryRecord(**canary.model_dump(), name=job, changed_at=now, changed_by=by)
    )
    await catalog.record([await _canary_change(catalog, job, before, canary, by=by, now=now)])
    change: ChangeKind = "created" if before is None else "changed"
    return await answer(catalog, "canary", job, change, version, tag=tag)


async def roll_back_canary(
    store: CatalogStore, job: str, *, by: str, now: datetime, wanted: Precondition = ANYTHING
) -> ApplyResult:
    """Let every client use the current version; the version that was tried stays stored.

    Raises:
        NotFoundError: There is no such job.
        PreconditionFailedError: It is not what `wanted` says.
        StoreUnavailableError: See `CatalogStore`.
    """
    async with store.write() as catalog:
        current = await get_version(catalog, job)
        canary = await catalog.rollouts.find_canary(job)
        if canary is None:
            return await answer(catalog, "canary", job, "unchanged", current.version)
        await check_precondition(catalog, wanted, Kind.CANARY, job, canary_state(canary))
        await catalog.rollouts.delete_canary(job)
        await catalog.record([await _canary_change(catalog, job, canary, None, by=by, now=now)])
        return await answer(catalog, "canary", job, "changed", current.version)


async def promote_canary(
    store: CatalogStore, job: str, *, by: str, now: datetime, wanted: Precondition = ANYTHING
) -> ApplyResult:
    """Make the version that some clients try the current one of all.

    Raises:
        NotFoundError: There is no such job, or no canary of it.
        ConflictError: The job is archived, or its surroundings have changed so that this
            version could not be saved now.
        PreconditionFailedError: It is not what `wanted` says.
        StoreUnavailableError: See `CatalogStore`.
    """
    async with store.write() as catalog:
        current = await get_version(catalog, job)
        canary = await _expect_canary(catalog, job, wanted)
        await check_precondition(catalog, wanted, Kind.CANARY, job, canary_state(canary))
        if current.archived_at is not None:
            raise ConflictError(explain_archived(job))
        tried = await get_version(catalog, job, canary.version)
        try:
            check_definition(Reading(tried.definition), await look_around(catalog))
        except InvalidRequestError as error:
            detail = f'version {canary.version} of "{job}" cannot be promoted: {error.detail}'
            raise ConflictError(detail) from error
        await catalog.definitions.make_current(job, canary.version)
        await catalog.rollouts.delete_canary(job)
        promoted = Change(
            Kind.JOB_DEFINITION,
            job,
            canonical_document(current.definition),
            canonical_document(tried.definition),
            by=by,
            at=now,
        )
        ended = await _canary_change(catalog, job, canary, None, by=by, now=now)
        await catalog.record([ended, promoted])
        tag = tag_of(definition_state(await get_version(catalog, job)))
        return await answer(catalog, "job-definition", job, "changed", canary.version, tag=tag)


async def check_clients(catalog: Catalog, clients: Sequence[str], *, at: str | None) -> None:
    """Check that every client of a canary exists.

    Args:
        catalog: What is stored.
        clients: Their names.
        at: JSON pointer of the list in the body; None when it stood in the query.

    Raises:
        InvalidRequestError: With each that does not.
    """
    if not clients:
        return
    known = [client.name for client in await catalog.clients.list_all()]
    missing = set(clients) - set(known)
    faults = [
        Fault(
            "" if at is None else f"{at}/{place}",
            ("query canary_clients: " if at is None else "") + unknown("client", name, known),
        ).as_document()
        for place, name in enumerate(clients)
        if name in missing
    ]
    if faults:
        raise InvalidRequestError(summarise(faults), errors=faults)


async def count_clients(catalog: Catalog, job: str, canary: Canary) -> int:
    """Return how many of the clients there are use the canary."""
    pinned = await catalog.rollouts.list_pinned(job)
    return len(find_canary_clients(job, canary, pinned, await catalog.clients.list_all()))


def find_canary_clients(
    job: str, canary: Canary, pinned: Collection[str], clients: Iterable[Client]
) -> list[str]:
    """Return the names of the clients that use the canary: those that are not pinned."""
    others, named = set(pinned), set(canary.clients)
    return [
        client.name
        for client in clients
        if client.name not in others
        and is_in_canary(job, client.name, percent=canary.percent, clients=named)
    ]


def canary_of(version: int, wanted: CanaryRequest) -> Canary:
    """Return the canary that a request asks for, in the one form that is stored."""
    return Canary(version=version, percent=wanted.percent, clients=sorted(set(wanted.clients)))


async def _canary_change(
    catalog: Catalog,
    job: str,
    old: Canary | None,
    new: Canary | None,
    *,
    by: str,
    now: datetime,
) -> Change:
    before, after = [await _audited(catalog, job, each) for each in (old, new)]
    return Change(Kind.CANARY, job, before, after, by=by, at=now)


async def _audited(catalog: Catalog, job: str, canary: Canary | None) -> dict[str, Any] | None:
    """Return what the audit keeps of a canary: with what its version says."""
    state = canary_state(canary)
    if canary is None or state is None:
        return None
    tried = await get_version(catalog, job, canary.version)
    return {**state, "definition": canonical_document(tried.definition)}


async def _expect_canary(catalog: Catalog, job: str, wanted: Precondition) -> CanaryRecord:
    """Return the canary; who has read one that somebody else has ended is told who did so."""
    found = await catalog.rollouts.find_canary(job)
    if found is None:
        await check_precondition(catalog, wanted, Kind.CANARY, job, None)
        raise _without_canary(job)
    return found


async def _find_canary(catalog: Catalog, job: str) -> CanaryRecord:
    found = await catalog.rollouts.find_canary(job)
    if found is None:
        raise _without_canary(job)
    return found


def _without_canary(job: str) -> NotFoundError:
    return NotFoundError(f'no canary of "{job}" is in progress; name a version to start one')


async def check_version(catalog: Catalog, job: str, version: int) -> JobDefinitionDocument:
    """Return a version that a request names.

    Raises:
        NotFoundError: There is no such job.
        InvalidRequestError: The job has no such version.
    """
    current = await get_version(catalog, job)
    try:
        return await get_version(catalog, job, version)
    except NotFoundError as error:
        detail = f'"{job}" has no version {version}; its current one is {current.version}'
        raise InvalidRequestError.at("/version", detail) from error


async def answer(
    catalog: Catalog,
    kind: str,
    job: str,
    change: ChangeKind,
    version: int,
    *,
    tag: str | None = None,
) -> ApplyResult:
    """Return what a change of a rollout did, or would have done."""
    return ApplyResult(
        kind=kind,
        name=job,
        change=change,
        version=version,
        config_revision=await catalog.get_revision(),
        etag=tag,
    )
