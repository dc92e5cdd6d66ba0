"""Keep secrets fresh: values that others keep, and keys that were replaced."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from mlmon_config_api.application.ports import CatalogStore
from mlmon_config_api.application.secret_ports import ExternalValues, Vault
from mlmon_config_api.domain.changes import Change, Kind
from mlmon_config_api.domain.secrets import Envelope, StoredSecret
from mlmon_config_api.errors import ValueUnavailableError

_SETTINGS = "settings"
"""Who replaces keys."""


async def rekey_secrets(store: CatalogStore, vault: Vault, *, now: datetime) -> list[str]:
    """Wrap and seal anew what another key than the current ones wraps or seals.

    Returns:
        The names of what was changed.

    Raises:
        ConfigurationError: The key that wraps one is not there.
        ServiceUnavailableError: KMS does not answer.
        StoreUnavailableError: See `CatalogStore`.
    """
    changed = []
    for secret in await _list_all(store):
        is_wrapped = secret.envelope.key_id == vault.key_id
        is_sealed = secret.sealed.key_id == vault.sealing_key_id
        if is_wrapped and is_sealed:
            continue
        envelope, sealed = secret.envelope, secret.sealed
        if not is_sealed:
            value = await vault.reveal(secret.name, envelope)
            sealed = vault.seal(secret.name, secret.version, value)
        if not is_wrapped:
            envelope = await vault.rewrap(secret.name, envelope)
        fresh = replace(secret, envelope=envelope, sealed=sealed)
        if await _save_unless_changed(
            store, secret, fresh, deed="sealed", by=_SETTINGS, now=now, is_seen=not is_sealed
        ):
            changed.append(secret.name)
    return changed


async def refresh_values(
    store: CatalogStore, vault: Vault, values: ExternalValues, *, now: datetime
) -> tuple[list[str], list[str]]:
    """Fetch what others keep; a value that is another one makes the next version.

    A source that gives none leaves the value that is known, and says so in the secret.

    Returns:
        The names of the secrets that have a new value, and why others have none.

    Raises:
        ConfigurationError: The key that wraps one is not there.
        ServiceUnavailableError: KMS does not answer.
        StoreUnavailableError: See `CatalogStore`.
    """
    rotated, problems = [], []
    for secret in await _list_all(store):
        if not secret.source:
            continue
        try:
            value = await values.fetch(secret.source)
        except ValueUnavailableError as error:
            problems.append(f'the secret "{secret.name}": {error.detail}')
            if secret.problem != error.detail:
                fresh = replace(secret, problem=error.detail)
                await _save_unless_changed(store, secret, fresh, is_seen=False, now=now)
            continue
        if value == await vault.reveal(secret.name, secret.envelope):
            if secret.problem:
                fresh = replace(secret, problem="")
                await _save_unless_changed(store, secret, fresh, is_seen=False, now=now)
            continue
        by = secret.source.split(":", 1)[0]
        envelope = await vault.protect(secret.name, value)
        fresh = _rotated(secret, vault, value, envelope, by=by, now=now)
        if await _save_unless_changed(store, secret, fresh, deed="rotated", by=by, now=now):
            rotated.append(secret.name)
    return rotated, problems


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


async def _list_all(store: CatalogStore) -> Sequence[StoredSecret]:
    async with store.read() as catalog:
        return await catalog.secrets.list_all()


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
