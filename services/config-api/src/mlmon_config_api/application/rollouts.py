"""Let some clients use another version of a job than the current one."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from mlmon_config_api.application.get_job_definitions import get_version
from mlmon_config_api.application.ports import Catalog, CatalogStore, PageRequest
from mlmon_config_api.application.surroundings import look_around
from mlmon_config_api.domain.changes import Change, Kind
from mlmon_config_api.domain.definitions import check_definition
from mlmon_config_api.domain.documents import canonical_document
from mlmon_config_api.domain.readings import Reading
from mlmon_config_api.domain.references import explain_archived
from mlmon_shared.errors import ConflictError, InvalidRequestError, NotFoundError
from mlmon_shared.jobs.faults import Fault
from mlmon_shared.wire.catalog import ApplyResult, Client, JobDefinitionDocument
from mlmon_shared.wire.job_definitions import ChangeKind
from mlmon_shared.wire.rollouts import (
    Canary,
    CanaryDocument,
    CanaryRecord,
    CanaryRequest,
    PinDocument,
    is_in_canary,
)
from mlmon_shared.wire.validation import summarise, unknown


async def pin_client(
    store: CatalogStore, job: str, client: str, version: int, *, by: str, now: datetime
) -> ApplyResult:
    """Let a client's new runs of a job use this version, whichever is current.

    Raises:
        NotFoundError: There is no such job, or no such client.
        InvalidRequestError: The job has no such version.
        StoreUnavailableError: See `CatalogStore`.
    """
    async with store.write() as catalog:
        await _check_version(catalog, job, version)
        if await catalog.clients.find(client) is None:
            raise NotFoundError(f'no client is named "{client}"')
        before = await catalog.rollouts.find_pin(job, client)
        if before is not None and before.version == version:
            return await _result(catalog, "pin", job, "unchanged", version)
        await catalog.rollouts.save_pin(
            PinDocument(name=job, client=client, version=version, changed_at=now, changed_by=by)
        )
        old = before.version if before is not None else None
        await catalog.record([_pin_change(job, client, old, version, by=by, now=now)])
        change: ChangeKind = "created" if before is None else "changed"
        return await _result(catalog, "pin", job, change, version)


async def unpin_client(
    store: CatalogStore, job: str, client: str, *, by: str, now: datetime
) -> ApplyResult:
    """Let a client's new runs of a job use the version that others use.

    Raises:
        NotFoundError: There is no such job.
        StoreUnavailableError: See `CatalogStore`.
    """
    async with store.write() as catalog:
        current = await get_version(catalog, job)
        pin = await catalog.rollouts.find_pin(job, client)
        if pin is None:
            return await _result(catalog, "pin", job, "unchanged", current.version)
        await catalog.rollouts.delete_pin(job, client)
        await catalog.record([_pin_change(job, client, pin.version, None, by=by, now=now)])
        return await _result(catalog, "pin", job, "changed", current.version)


async def list_pins(store: CatalogStore, job: str, page: PageRequest) -> Sequence[PinDocument]:
    """Return pins of a job, by client.

    Raises:
        NotFoundError: There is no such job.
        StoreUnavailableError: See `CatalogStore`.
    """
    async with store.read() as catalog:
        await get_version(catalog, job)
        return await catalog.rollouts.list_pins(job, page)


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
        )


async def set_canary(
    store: CatalogStore, job: str, wanted: CanaryRequest, *, by: str, now: datetime
) -> ApplyResult:
    """Change which clients are in the canary, or start one with a version that exists.

    Raises:
        NotFoundError: There is no such job, or no canary of it and no version was named.
        InvalidRequestError: A client or the version does not exist, or is the current one.
        ConflictError: The job is archived.
        StoreUnavailableError: See `CatalogStore`.
    """
    async with store.write() as catalog:
        current = await get_version(catalog, job)
        version = wanted.version
        if version is None:
            version = (await _find_canary(catalog, job)).version
        await _check_version(catalog, job, version)
        if version == current.version:
            raise InvalidRequestError.at("/version", f"{version} is the current version already")
        if current.archived_at is not None:
            raise ConflictError(explain_archived(job))
        await check_clients(catalog, wanted.clients, at="/clients")
        return await save_canary(catalog, job, version, wanted, by=by, now=now)


async def save_canary(
    catalog: Catalog, job: str, version: int, wanted: CanaryRequest, *, by: str, now: datetime
) -> ApplyResult:
    """Store the canary within a transaction, unless it is the same already."""
    before = await catalog.rollouts.find_canary(job)
    canary = canary_of(version, wanted)
    if before is not None and Canary(**before.model_dump()) == canary:
        return await _result(catalog, "canary", job, "unchanged", version)
    await catalog.rollouts.save_canary(
        CanaryRecord(**canary.model_dump(), name=job, changed_at=now, changed_by=by)
    )
    await catalog.record([_canary_change(job, before, canary, by=by, now=now)])
    change: ChangeKind = "created" if before is None else "changed"
    return await _result(catalog, "canary", job, change, version)


async def roll_back_canary(store: CatalogStore, job: str, *, by: str, now: datetime) -> ApplyResult:
    """Let every client use the current version; the version that was tried stays stored.

    Raises:
        NotFoundError: There is no such job.
        StoreUnavailableError: See `CatalogStore`.
    """
    async with store.write() as catalog:
        current = await get_version(catalog, job)
        canary = await catalog.rollouts.find_canary(job)
        if canary is None:
            return await _result(catalog, "canary", job, "unchanged", current.version)
        await catalog.rollouts.delete_canary(job)
        await catalog.record([_canary_change(job, canary, None, by=by, now=now)])
        return await _result(catalog, "canary", job, "changed", current.version)


async def promote_canary(store: CatalogStore, job: str, *, by: str, now: datetime) -> ApplyResult:
    """Make the version that some clients try the current one of all.

    Raises:
        NotFoundError: There is no such job, or no canary of it.
        ConflictError: The job is archived, or its surroundings have changed so that this
            version could not be saved now.
        StoreUnavailableError: See `CatalogStore`.
    """
    async with store.write() as catalog:
        current = await get_version(catalog, job)
        canary = await _find_canary(catalog, job)
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
        ended = _canary_change(job, canary, None, by=by, now=now)
        await catalog.record([ended, promoted])
        return await _result(catalog, "job-definition", job, "changed", canary.version)


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


def _pin_change(
    job: str, client: str, old: int | None, new: int | None, *, by: str, now: datetime
) -> Change:
    before, after = ({"version": each} if each is not None else None for each in (old, new))
    return Change(Kind.PIN, f"{job}/{client}", before, after, by=by, at=now)


def _canary_change(
    job: str, old: Canary | None, new: Canary | None, *, by: str, now: datetime
) -> Change:
    before, after = (
        each.model_dump(mode="json", include=set(Canary.model_fields)) if each is not None else None
        for each in (old, new)
    )
    return Change(Kind.CANARY, job, before, after, by=by, at=now)


async def _find_canary(catalog: Catalog, job: str) -> CanaryRecord:
    found = await catalog.rollouts.find_canary(job)
    if found is None:
        raise NotFoundError(f'no canary of "{job}" is in progress; name a version to start one')
    return found


async def _check_version(catalog: Catalog, job: str, version: int) -> JobDefinitionDocument:
    current = await get_version(catalog, job)
    try:
        return await get_version(catalog, job, version)
    except NotFoundError as error:
        detail = f'"{job}" has no version {version}; its current one is {current.version}'
        raise InvalidRequestError.at("/version", detail) from error


async def _result(
    catalog: Catalog, kind: str, job: str, change: ChangeKind, version: int
) -> ApplyResult:
    revision = await catalog.get_revision()
    return ApplyResult(
        kind=kind, name=job, change=change, version=version, config_revision=revision
    )
