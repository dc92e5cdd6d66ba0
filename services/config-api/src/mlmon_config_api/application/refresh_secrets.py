"""Keep secrets fresh: values that others keep, and keys that were replaced."""

from dataclasses import dataclass, field, replace
from datetime import datetime

from mlmon_config_api.application.ports import CatalogStore
from mlmon_config_api.application.secret_ports import ExternalValues, Vault
from mlmon_config_api.domain.changes import Change, Kind
from mlmon_config_api.domain.secrets import Envelope, StoredSecret
from mlmon_config_api.errors import ValueUnavailableError
from mlmon_shared.errors import ConfigurationError

_SETTINGS = "settings"
"""Who replaces keys."""


@dataclass
class Refreshed:
    """What a look at all secrets came to.

    Attributes:
        rekeyed: Names of those that were wrapped or sealed anew.
        rotated: Names of those that have a new value.
        problems: Why others could not be, each a sentence.
    """

    rekeyed: list[str] = field(default_factory=list)
    rotated: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


async def refresh_secrets(
    store: CatalogStore, vault: Vault, values: ExternalValues, *, now: datetime
) -> Refreshed:
    """Look after every secret: its keys, and its value if that is kept elsewhere.

    What another key than the current one wraps or seals is wrapped or sealed anew. A value that
    is another one at its source makes the next version; a source that gives none leaves the
    value that is known, and says so in the secret.

    Raises:
        ServiceUnavailableError: KMS does not answer.
        StoreUnavailableError: See `CatalogStore`.
    """
    async with store.read() as catalog:
        secrets = await catalog.secrets.list_all()
    refreshed = Refreshed()
    for secret in secrets:
        try:
            if await _rekey(store, vault, secret, now=now):
                refreshed.rekeyed.append(secret.name)
            elif secret.source and await _refresh(store, vault, values, secret, now=now):
                refreshed.rotated.append(secret.name)
        except ValueUnavailableError as error:
            refreshed.problems.append(f'the secret "{secret.name}": {error.detail}')
        except ConfigurationError as error:
            refreshed.problems.append(error.detail)
    return refreshed


async def _rekey(store: CatalogStore, vault: Vault, secret: StoredSecret, *, now: datetime) -> bool:
    is_wrapped = secret.envelope.key_id == vault.key_id
    is_sealed = secret.sealed.key_id == vault.sealing_key_id
    if is_wrapped and is_sealed:
        return False
    envelope, sealed = secret.envelope, secret.sealed
    if not is_sealed:
        value = await vault.reveal(secret.name, envelope)
        sealed = vault.seal(secret.name, secret.version, value)
    if not is_wrapped:
        envelope = await vault.rewrap(secret.name, envelope)
    fresh = replace(secret, envelope=envelope, sealed=sealed)
    return await _save_unless_changed(
        store, secret, fresh, deed="sealed", by=_SETTINGS, now=now, is_seen=not is_sealed
    )


async def _refresh(
    store: CatalogStore,
    vault: Vault,
    values: ExternalValues,
    secret: StoredSecret,
    *,
    now: datetime,
) -> bool:
    try:
        value = await values.fetch(secret.source)
    except ValueUnavailableError as error:
        await _note_problem(store, secret, error.detail, now=now)
        raise
    if value == await vault.reveal(secret.name, secret.envelope):
        await _note_problem(store, secret, "", now=now)
        return False
    by = secret.source.split(":", 1)[0]
    envelope = await vault.protect(secret.name, value)
    fresh = _rotated(secret, vault, value, envelope, by=by, now=now)
    return await _save_unless_changed(store, secret, fresh, deed="rotated", by=by, now=now)


async def _note_problem(
    store: CatalogStore, secret: StoredSecret, problem: str, *, now: datetime
) -> None:
    if secret.problem != problem:
        fresh = replace(secret, problem=problem)
        await _save_unless_changed(store, secret, fresh, is_seen=False, now=now)


def _rotated(
    secret: StoredSecret, vault: Vault, value: str, envelope: Envelope, *, by: str, now: datetime
) -> StoredSecret:
    version = secret.version + 1
    return replace(
        secret,
        version=version,
        problem="",
        envelope=envelope,
        sealed=vault.seal(secret.name, version, value),
        changed_at=now,
        changed_by=by,
    )


async def _save_unless_changed(
    store: CatalogStore,
    known: StoredSecret,
    fresh: StoredSecret,
    *,
    now: datetime,
    deed: str = "",
    by: str = "",
    is_seen: bool = True,
) -> bool:
    """Replace a secret that is still what is known of it; say whether it was.

    Where the snapshot does not change (`is_seen` is false) neither does its revision.
    """
    async with store.write() as catalog:
        if await catalog.secrets.find(known.name) != known:
            return False
        await catalog.secrets.save(fresh)
        if is_seen:
            before, after = known.as_audited(), fresh.as_audited()
            change = Change(Kind.SECRET, known.name, before, after, by=by, at=now, deed=deed)
            await catalog.record([change])
    return True
