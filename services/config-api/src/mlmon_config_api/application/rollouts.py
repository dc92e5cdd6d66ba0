"""Let some clients use another version of a job than the current one."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from mlmon_config_api.application.get_job_definitions import get_version
from mlmon_config_api.application.ports import Catalog, CatalogStore, PageRequest
from mlmon_config_api.application.preconditions import (
    ANYTHING,
    Precondition,
    check_precondition,
)
from mlmon_config_api.application.surroundings import look_around
from mlmon_config_api.domain.changes import Change, Kind
from mlmon_config_api.domain.definitions import Reading, check_definition
from mlmon_config_api.domain.documents import canonical_document
from mlmon_config_api.domain.references import explain_archived
from mlmon_config_api.domain.tagged_states import (
    canary_state,
    definition_state,
    pin_state,
    tag_of,
)
from mlmon_shared.errors import ConflictError, InvalidRequestError, NotFoundError
from mlmon_shared.jobs.faults import Fault
from mlmon_shared.wire.catalog import ApplyResult, JobDefinitionDocument
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
    store: CatalogStore,
    job: str,
    client: str,
    version: int,
    *,
    by: str,
    now: datetime,
    wanted: Precondition = ANYTHING,
) -> ApplyResult:
    """Let a client's new runs of a job use this version, whichever is current.

    Raises:
        NotFoundError: There is no such job, or no such client.
        InvalidRequestError: The job has no such version.
        PreconditionFailedError: It is not what `wanted` says.
        StoreUnavailableError: See `CatalogStore`.
    """
    async with store.write() as catalog:
        await _check_version(catalog, job, version)
        if await catalog.clients.find(client) is None:
            raise NotFoundError(f'no client is named "{client}"')
        before = await catalog.rollouts.find_pin(job, client)
        old = before.version if before is not None else None
        tag = tag_of(pin_state(version))
        if old != version or wanted.is_new:
            name = f"{job}/{client}"
            await check_precondition(catalog, wanted, Kind.PIN, name, pin_state(old))
        if old == version:
            return await _result(catalog, "pin", job, "unchanged", version, tag=tag)
        await catalog.rollouts.save_pin(
            PinDocument(name=job, client=client, version=version, changed_at=now, changed_by=by)
        )
        await catalog.record([_pin_change(job, client, old, version, by=by, now=now)])
        change: ChangeKind = "created" if before is None else "changed"
        return await _result(catalog, "pin", job, change, version, tag=tag)


async def unpin_client(
    store: CatalogStore,
    job: str,
    client: str,
    *,
    by: str,
    now: datetime,
    wanted: Precondition = ANYTHING,
) -> ApplyResult:
    """Let a client's new runs of a job use the version that others use.

    Raises:
        NotFoundError: There is no such job.
        PreconditionFailedError: It is not what `wanted` says.
        StoreUnavailableError: See `CatalogStore`.
    """
    async with store.write() as catalog:
        current = await get_version(catalog, job)
        pin = await catalog.rollouts.find_pin(job, client)
        if pin is None:
            return await _result(catalog, "pin", job, "unchanged", current.version)
        state = pin_state(pin.version)
        await check_precondition(catalog, wanted, Kind.PIN, f"{job}/{client}", state)
        await catalog.rollouts.delete_pin(job, client)
        await catalog.record([_pin_change(job, client, pin.version, None, by=by, now=now)])
        return await _result(catalog, "pin", job, "changed", current.version)


async def get_pin(store: CatalogStore, job: str, client: str) -> PinDocument:
    """Return the pin of a client.

    Raises:
        NotFoundError: There is no such job, or the client is not pinned.
        StoreUnavailableError: See `CatalogStore`.
    """
    async with store.read() as catalog:
        await get_version(catalog, job)
        pin = await catalog.rollouts.find_pin(job, client)
    if pin is None:
        raise NotFoundError(f'"{client}" is not pinned to a version of "{job}"')
    return _show_pin(pin)


async def list_pins(store: CatalogStore, job: str, page: PageRequest) -> Sequence[PinDocument]:
    """Return pins of a job, by client.

    Raises:
        NotFoundError: There is no such job.
        StoreUnavailableError: See `CatalogStore`.
    """
    async with store.read() as catalog:
        await get_version(catalog, job)
        return [_show_pin(pin) for pin in await catalog.rollouts.list_pins(job, page)]


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
        await _check_version(catalog, job, version)
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
        return await _result(catalog, "canary", job, "unchanged", version, tag=tag)
    await catalog.rollouts.save_canary(
        CanaryRecord(**canary.model_dump(), name=job, changed_at=now, changed_by=by)
    )
    await catalog.record([await _canary_change(catalog, job, before, canary, by=by, now=now)])
    change: ChangeKind = "created" if before is None else "changed"
    return await _result(catalog, "canary", job, change, version, tag=tag)


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
            return await _result(catalog, "canary", job, "unchanged", current.version)
        await check_precondition(catalog, wanted, Kind.CANARY, job, canary_state(canary))
        await catalog.rollouts.delete_canary(job)
        await catalog.record([await _canary_change(catalog, job, canary, None, by=by, now=now)])
        return await _result(catalog, "canary", job, "changed", current.version)


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
        return await _result(catalog, "job-definition", job, "changed", canary.version, tag=tag)


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
    pinned = set(await catalog.rollouts.list_pinned(job))
    named = set(canary.clients)
    return sum(
        client.name not in pinned
        and is_in_canary(job, client.name, percent=canary.percent, clients=named)
        for client in await catalog.clients.list_all()
    )


def canary_of(version: int, wanted: CanaryRequest) -> Canary:
    """Return the canary that a request asks for, in the one form that is stored."""
    return Canary(version=version, percent=wanted.percent, clients=sorted(set(wanted.clients)))


def _pin_change(
    job: str, client: str, old: int | None, new: int | None, *, by: str, now: datetime
) -> Change:
    before, after = ({"version": each} if each is not None else None for each in (old, new))
    return Change(Kind.PIN, f"{job}/{client}", before, after, by=by, at=now)


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


def _show_pin(pin: PinDocument) -> PinDocument:
    return pin.model_copy(update={"etag": tag_of(pin_state(pin.version))})


async def _check_version(catalog: Catalog, job: str, version: int) -> JobDefinitionDocument:
    current = await get_version(catalog, job)
    try:
        return await get_version(catalog, job, version)
    except NotFoundError as error:
        detail = f'"{job}" has no version {version}; its current one is {current.version}'
        raise InvalidRequestError.at("/version", detail) from error


async def _result(
    catalog: Catalog,
    kind: str,
    job: str,
    change: ChangeKind,
    version: int,
    *,
    tag: str | None = None,
) -> ApplyResult:
    return ApplyResult(
        kind=kind,
        name=job,
        change=change,
        version=version,
        config_revision=await catalog.get_revision(),
        etag=tag,
    )
