"""Create and revoke tokens. Secrets never come here, only their SHA-256."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from mlmon_config_api.application.ports import Catalog, CatalogStore
from mlmon_config_api.domain.changes import Change, Kind
from mlmon_shared.errors import ConflictError, InvalidRequestError, NotFoundError
from mlmon_shared.wire.catalog import TokenRecord, TokenRequest
from mlmon_shared.wire.states import Scope
from mlmon_shared.wire.validation import summarise, unknown

_LIMITED_SCOPES: Final = frozenset({Scope.SUBMITTER, Scope.READER})
_SETTINGS: Final = "settings"
"""Who makes the tokens that the settings name."""


async def create_token(
    store: CatalogStore,
    request: TokenRequest,
    *,
    token_id: str,
    sha256: str,
    by: str,
    now: datetime,
) -> TokenRecord:
    """Store a new token.

    Args:
        store: Where tokens are kept.
        request: What it may do.
        token_id: Its id.
        sha256: Of its secret, in hexadecimal.
        by: Name of who makes it.
        now: When.

    Raises:
        InvalidRequestError: Pool, limits and scopes do not fit, a limit is unknown, or it would
            have expired already.
        ConflictError: Another token, or a user, has this name.
        StoreUnavailableError: See `CatalogStore`.
    """
    record = TokenRecord(
        id=token_id,
        name=request.name,
        scopes=list(dict.fromkeys(request.scopes)),
        pool=request.pool,
        clients=_sorted(request.clients),
        jobs=_sorted(request.jobs),
        expires_at=_read_expiry(request.expires_at, now),
        created_at=now,
        sha256=sha256,
    )
    async with store.write() as catalog:
        await _check_pool(catalog, record.pool, record.scopes)
        await _check_limits(catalog, request)
        if await catalog.tokens.find_by_name(record.name) is not None:
            raise ConflictError(
                f'a token is named "{record.name}" already; revoke it or choose another name'
            )
        if await catalog.users.find(record.name) is not None:
            raise ConflictError(f'a user is named "{record.name}"; choose another name')
        await catalog.tokens.add(record)
        await catalog.record([_change(record.name, None, record, by=by, now=now)])
    return record


async def revoke_token(store: CatalogStore, token_id: str, *, by: str, now: datetime) -> None:
    """Revoke a token; one that was revoked before stays so.

    Raises:
        NotFoundError: There never was such a token.
        StoreUnavailableError: See `CatalogStore`.
    """
    async with store.write() as catalog:
        current = await catalog.tokens.find(token_id)
        if current is not None:
            await catalog.tokens.revoke(token_id, now=now)
            await catalog.record([_change(current.name, current, None, by=by, now=now)])
        elif not await catalog.tokens.was_revoked(token_id):
            raise NotFoundError(f'no token has the id "{token_id}"')


@dataclass(frozen=True)
class BootstrapToken:
    """A token that the settings name.

    Attributes:
        pool: Of an agent's.
        sha256: Of the secret, in hexadecimal.
    """

    name: str
    scope: Scope
    pool: str | None
    sha256: str


async def ensure_bootstrap_token(
    store: CatalogStore, wanted: BootstrapToken, *, token_id: str, now: datetime
) -> bool:
    """Make the token of this name have this secret; return whether anything changed.

    Raises:
        ConflictError: Another token has the same secret, or its pool is not saved yet.
        StoreUnavailableError: See `CatalogStore`.
    """
    async with store.write() as catalog:
        if wanted.pool is not None and await catalog.pools.find(wanted.pool) is None:
            raise ConflictError(f'"{wanted.name}" waits for the pool "{wanted.pool}" to be saved')
        record = TokenRecord(
            id=token_id,
            name=wanted.name,
            scopes=[wanted.scope],
            pool=wanted.pool,
            created_at=now,
            sha256=wanted.sha256,
        )
        current = await catalog.tokens.find_by_name(wanted.name)
        if current is not None and _is_the_same(current, record):
            return False
        holder = await catalog.tokens.find_by_sha256(wanted.sha256)
        if holder is not None and holder.name != wanted.name:
            raise ConflictError(
                f'the secret for "{wanted.name}" is the one of the token "{holder.name}"'
            )
        if current is not None:
            await catalog.tokens.revoke(current.id, now=now)
        await catalog.tokens.add(record)
        await catalog.record([_change(record.name, current, record, by=_SETTINGS, now=now)])
        return True


def _change(
    name: str, before: TokenRecord | None, after: TokenRecord | None, *, by: str, now: datetime
) -> Change:
    return Change(Kind.TOKEN, name, _shown(before), _shown(after), by=by, at=now)


def _shown(record: TokenRecord | None) -> dict[str, Any] | None:
    return record.model_dump(mode="json", exclude={"sha256"}) if record is not None else None


def _is_the_same(one: TokenRecord, other: TokenRecord) -> bool:
    left_out = {"id", "name", "created_at", "expires_at"}
    return one.model_dump(exclude=left_out) == other.model_dump(exclude=left_out)


def _sorted(names: Sequence[str] | None) -> list[str] | None:
    return sorted(set(names)) if names is not None else None


async def _check_limits(catalog: Catalog, request: TokenRequest) -> None:
    """Check that limits go with the scopes, and that what they name exists.

    Raises:
        InvalidRequestError: With every name that is unknown.
    """
    clients, jobs = request.clients or [], request.jobs or []
    if (clients or jobs) and not set(request.scopes) <= _LIMITED_SCOPES:
        at = "clients" if clients else "jobs"
        detail = f"{at} goes with the scopes submitter and reader alone; leave it out"
        raise InvalidRequestError.at(f"/{at}", detail)
    faults: list[dict[str, str]] = []
    if clients:
        known = [client.name for client in await catalog.clients.list_all()]
        faults += _find_unknown("client", clients, known)
    if jobs:
        current = [found.name for found in await catalog.definitions.list_current()]
        known = [*current, *await catalog.definitions.list_archived()]
        faults += _find_unknown("job", jobs, known)
    if faults:
        raise InvalidRequestError(summarise(faults), errors=faults)


def _find_unknown(kind: str, names: Sequence[str], known: Sequence[str]) -> list[dict[str, str]]:
    return [
        {"pointer": f"/{kind}s/{place}", "detail": unknown(kind, name, known)}
        for place, name in enumerate(names)
        if name not in known
    ]


async def _check_pool(catalog: Catalog, pool: str | None, scopes: Sequence[Scope]) -> None:
    is_agent = Scope.AGENT in scopes
    if pool is None:
        if is_agent:
            raise InvalidRequestError.at("/pool", "a token with the scope agent names its pool")
        return
    if not is_agent:
        raise InvalidRequestError.at("/pool", "pool goes with the scope agent; leave it out")
    if await catalog.pools.find(pool) is None:
        known = [found.name for found in await catalog.pools.list_all()]
        raise InvalidRequestError.at("/pool", unknown("pool", pool, known))


def _read_expiry(expires_at: datetime | None, now: datetime) -> datetime | None:
    if expires_at is None:
        return None
    if expires_at.tzinfo is None:
        raise InvalidRequestError.at("/expires_at", 'say the time zone, for example "…T12:00:00Z"')
    try:
        moment = expires_at.astimezone(UTC)
    except OverflowError as error:
        raise InvalidRequestError.at("/expires_at", "the time is out of range") from error
    if moment <= now:
        raise InvalidRequestError.at("/expires_at", "this time has passed")
    return moment
