"""Pin clients to versions of jobs."""

from collections.abc import Sequence
from datetime import datetime

from mlmon_config_api.application.get_job_definitions import get_version
from mlmon_config_api.application.ports import CatalogStore, PageRequest
from mlmon_config_api.application.preconditions import (
    ANYTHING,
    Precondition,
    check_precondition,
)
from mlmon_config_api.application.rollouts import answer, check_version
from mlmon_config_api.domain.changes import Change, Kind
from mlmon_config_api.domain.tagged_states import pin_state, tag_of
from mlmon_shared.errors import NotFoundError
from mlmon_shared.wire.catalog import ApplyResult
from mlmon_shared.wire.job_definitions import ChangeKind
from mlmon_shared.wire.rollouts import PinDocument


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
        await check_version(catalog, job, version)
        if await catalog.clients.find(client) is None:
            raise NotFoundError(f'no client is named "{client}"')
        before = await catalog.rollouts.find_pin(job, client)
        old = before.version if before is not None else None
        tag = tag_of(pin_state(version))
        if old != version or wanted.is_new:
            name = f"{job}/{client}"
            await check_precondition(catalog, wanted, Kind.PIN, name, pin_state(old))
        if old == version:
            return await answer(catalog, "pin", job, "unchanged", version, tag=tag)
        await catalog.rollouts.save_pin(
            PinDocument(name=job, client=client, version=version, changed_at=now, changed_by=by)
        )
        await catalog.record([_pin_change(job, client, old, version, by=by, now=now)])
        change: ChangeKind = "created" if before is None else "changed"
        return await answer(catalog, "pin", job, change, version, tag=tag)


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
            return await answer(catalog, "pin", job, "unchanged", current.version)
        state = pin_state(pin.version)
        await check_precondition(catalog, wanted, Kind.PIN, f"{job}/{client}", state)
        await catalog.rollouts.delete_pin(job, client)
        await catalog.record([_pin_change(job, client, pin.version, None, by=by, now=now)])
        return await answer(catalog, "pin", job, "changed", current.version)


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


def _pin_change(
    job: str, client: str, old: int | None, new: int | None, *, by: str, now: datetime
) -> Change:
    before, after = ({"version": each} if each is not None else None for each in (old, new))
    return Change(Kind.PIN, f"{job}/{client}", before, after, by=by, at=now)


def _show_pin(pin: PinDocument) -> PinDocument:
    return pin.model_copy(update={"etag": tag_of(pin_state(pin.version))})
